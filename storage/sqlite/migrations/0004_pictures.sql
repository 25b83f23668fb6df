-- Whether another job has the same picture is asked whenever one is removed.
CREATE INDEX job_picture ON job (picture);
