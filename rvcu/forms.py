"""The forms around signing in: allauth's, in our words and without placeholders in the place of labels."""

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from .models import User

LABELS = {
    "login": _("E-mail address"),
    "email": _("E-mail address"),
    "password": _("Password"),
    "oldpassword": _("Present password"),
    "password1": _("New password"),
    "password2": _("New password once more"),
    "remember": _("Keep me signed in on this device for two weeks"),
    "code": _("Code"),
    "name": _("Name of the key"),
    "passwordless": _("Sign in with this key alone, without the password"),
}
# Sentences one after the other: the stock help is a list, which cannot stand where crispy puts it.
rules_for_passwords = lazy(lambda: " ".join(str(text) for text in password_validators_help_texts()), str)
HELP: dict[str, Any] = {
    "password1": rules_for_passwords(),
    "passwordless": _("The key then asks for a fingerprint, your face or a PIN."),
}


class WordedForm(forms.Form):
    """Our labels and helps; the browser's own marks of a field's purpose stay."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)
            field.help_text = HELP.get(name, "")
            field.widget.attrs.pop("placeholder", None)


class SignInForm(WordedForm, account.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username"


# Letters of which one database says that they are i, s and k in another case: the limit would count them apart.
LOOK_ALIKES = str.maketrans({"ı": "i", "ſ": "s", "\u212a": "k"})


class ResetPasswordForm(WordedForm, account.ResetPasswordForm):
    def clean_email(self) -> str:
        self.cleaned_data["email"] = self.cleaned_data["email"].translate(LOOK_ALIKES)
        return super().clean_email()


class NewPasswordForm(WordedForm, account.ResetPasswordKeyForm):
    pass


class ChangePasswordForm(WordedForm, account.ChangePasswordForm):
    pass


class SetPasswordForm(WordedForm, account.SetPasswordForm):
    pass


class AddressForm(WordedForm, account.AddEmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("New e-mail address")


class ConfirmPasswordForm(WordedForm, account.ReauthenticateForm):
    pass


class CodeForm(WordedForm, mfa.AuthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = _("The six digits that your app shows now, or one of your recovery codes.")


class ConfirmCodeForm(WordedForm, mfa.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = _("The six digits that your app shows now, or one of your recovery codes.")


class AppForm(WordedForm, ActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("The six digits that the app shows now")
        self.fields["code"].widget.attrs |= {"inputmode": "numeric"}


class KeyForm(WordedForm, webauthn.AddWebAuthnForm):
    pass


class KeyNameForm(WordedForm, webauthn.EditWebAuthnForm):
    pass


class PreferencesForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("name", "language")
        labels = {"name": _("Your name"), "language": _("Your language")}
        help_texts = {
            "name": _("Shown to the secretariat and to the other coordinators of your city, never to the public."),
            "language": _("Of the mails that you get, and of the pages after you save this."),
        }
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"}), "language": forms.RadioSelect}
