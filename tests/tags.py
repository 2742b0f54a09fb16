"""The tags of a piece of HTML."""

from html.parser import HTMLParser


class Tags(HTMLParser):
    """Keeps each tag that begins, with its attributes, in ``found``."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
