"""`python -m services`, the same as `steelyard`; dev.py starts the service this way."""

from services.cli import main

if __name__ == "__main__":
    main()
