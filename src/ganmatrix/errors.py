"""The one exception that is shown to a user as a line instead of a traceback."""


class UserError(Exception):
    """Something the user can mend: the message names what is wrong and what to do.

    The command line prints it as one line and exits with status 2.
    """


class NotMade(UserError):
    """An artifact that its stage has not made, or has made from what is there no longer."""
