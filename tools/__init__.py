"""Tools of the book: they execute, check and render the chapters. The packages do not use them."""
