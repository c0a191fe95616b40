"""What a mail says when something changed that opens an account: by the name of the change, as allauth calls it."""

from django.utils.translation import gettext_lazy as _

from apps.core.words import Words

# subject, sentence
CHANGES: dict[str, tuple[Words, Words]] = {
    "account/email/email_changed": (
        _("Your e-mail address was changed"),
        _("You now sign in by %(to_email)s; before it was %(from_email)s."),
    ),
    "account/email/email_confirm": (
        _("An e-mail address was confirmed"),
        _("An e-mail address of your account was confirmed as yours."),
    ),
    "account/email/email_deleted": (
        _("An e-mail address was removed"),
        _("%(deleted_email)s no longer belongs to your account."),
    ),
    "account/email/password_changed": (_("Your password was changed"), _("You now sign in by another password.")),
    "account/email/password_set": (_("Your account has a password"), _("You can now sign in by a password.")),
    "account/email/password_reset": (
        _("Your password was changed"),
        _("A new password was chosen by a link that we had mailed; all sign-ins from before have ended."),
    ),
    "mfa/email/totp_activated": (
        _("Your account has an authenticator app"),
        _("From now on we ask for a code of your authenticator app, too."),
    ),
    "mfa/email/totp_deactivated": (
        _("Your authenticator app was removed"),
        _("We no longer ask for codes of your authenticator app."),
    ),
    "mfa/email/recovery_codes_generated": (
        _("You have new recovery codes"),
        _("New recovery codes were made; those from before no longer open your account."),
    ),
    "mfa/email/webauthn_added": (
        _("Your account has a new passkey or security key"),
        _("From now on a new passkey or security key opens your account."),
    ),
    "mfa/email/webauthn_removed": (
        _("A passkey or security key was removed"),
        _("A passkey or security key no longer opens your account."),
    ),
    "socialaccount/email/account_connected": (
        _("Another sign-in was connected"),
        _("From now on %(provider)s opens your account, too."),
    ),
    "socialaccount/email/account_disconnected": (
        _("A sign-in was removed"),
        _("%(provider)s no longer opens your account."),
    ),
}
