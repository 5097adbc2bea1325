"""The scripts are for type checkers to read, and have no examples."""

collect_ignore = ["user_script.py", "typos.py"]
