from django.utils.functional import Promise


class NetworkError(Exception):
    """An act that the rules of the network refuse. Its text is a sentence for the person who tried."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class DesignationRefused(NetworkError):
    """A designation cannot be made, ended or moved as asked."""


class AddressRefused(NetworkError):
    """A city's address cannot become what was asked."""


class TransitionNotAllowed(NetworkError):
    """What was asked does not follow from the state that the thing is in now."""


class MandateRefused(NetworkError):
    """A mandate cannot be given, ended or handed over as asked."""


class UploadRefused(NetworkError):
    """A file is not what it should be."""
