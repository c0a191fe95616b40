"""What a deployment lacks before it serves people; `manage.py check_deploy` tells it."""
