"""The work behind each sub-command of `rightsdesk`; imported when its command is called."""
