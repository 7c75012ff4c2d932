"""The one door: screens, command line, bots and scenarios do everything through it, one file a group of acts.

May import every other room of services and db; nothing in services imports it but training and demo.
"""
