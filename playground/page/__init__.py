"""The playground's web page: its channel in a browser, with `/animate`, reactions and a video player."""

from playground.page.page import Example, Sample, playground_with_page

__all__ = ["Example", "Sample", "playground_with_page"]
