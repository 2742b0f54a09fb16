"""Tools of the book: they execute, check and render the chapters. The packages do not use them."""

import sys

# The library that reads notebooks imports this one, to check what no notebook has. Its grammar
# takes over a second. Without it that check is left out.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
