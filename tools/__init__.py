"""The book's machinery: executing, checking and addressing chapters. No part of the package."""
