"""Rules as code: dated, cited values in packs; nothing about one place stands in Python."""
