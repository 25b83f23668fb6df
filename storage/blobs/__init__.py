"""Pictures and clips: in a folder, a shared one, or a bucket of an S3 store.

    opening → blobs → folder, s3, rows, scratch → removal, blob_store → errors
    (→ may import; never back)

Imports `job` and `errors` of storage; obstore is imported in s3.py only, which is imported where it is used.
"""
