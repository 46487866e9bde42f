"""Commands around the program: they read and judge previews and run updates, through the Automation API.

python -m operations review --stack prod
"""
