"""`syncd` and `python -m syncd`."""

from syncd.cli.startup import main

if __name__ == "__main__":
    main()
