"""Who somebody is: accounts, passwords, limits of signing in, tokens of apps, second factors."""

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "accounts.backends.UsernameBackend",
    "allauth.account.auth_backends.AuthenticationBackend",  # what sessions name
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "accounts.passwords.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "accounts.passwords.MaximumLengthValidator"},
]
PASSWORD_HASHERS = ["accounts.passwords.Argon2Hasher"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
SOCIALACCOUNT_ADAPTER = "accounts.social_adapter.SocialAccountAdapter"
SOCIALACCOUNT_EMAIL_REQUIRED = False  # WeChat tells none
# A link, not a form: the shop's pages send forms to nobody else (form-action of the CSP).
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5  # seconds
# What the profiles read (mall/sign_in_accounts.py): WeChat's apps, and who sends text messages.
SOCIALACCOUNT_PROVIDERS = {}
WECHAT_URL = "https://api.weixin.qq.com"
SMS_PROVIDER = ""
SMS_TENCENT = {}
SMS_MESSAGES_PER_DAY = 2000
# Mandatory for allauth's enumeration protection; accounts.adapter.VerificationStage blocks nobody.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_USERNAME_MIN_LENGTH = 2
# docs/reliability.md "Limits"; accounts.adapter counts sign_up_made and login_failed_account.
ACCOUNT_RATE_LIMITS = {
    "login": "10/m/ip",
    "login_failed": "10/m/ip,5/15m/key",  # key: account and address
    "login_failed_account": "100/h/key",
    "signup": "20/m/ip",
    "sign_up_made": "5/h/ip",
    "sign_up_proved": "60/h/ip",  # by a code to a phone, or through WeChat
    "reset_password": "10/h/ip,5/h/key",
}
ALLAUTH_RATE_LIMIT_IPV6_PREFIX = 64  # as mall/core/networks.py counts everywhere else
ACCOUNT_FORMS = {
    "login": "accounts.entrance.SignInForm",
    "signup": "accounts.sign_up.SignUpForm",
    "add_email": "accounts.entrance.EmailAddForm",
    "change_password": "accounts.entrance.PasswordChangeForm",
    "set_password": "accounts.entrance.PasswordSetForm",
    "reset_password": "accounts.entrance.PasswordResetForm",
    "reset_password_from_key": "accounts.entrance.NewPasswordForm",
}
ACCOUNT_MAX_EMAIL_ADDRESSES = 3
STAFF_NEED_SECOND_FACTOR = False  # True: the back office opens only to those who have one
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_PRESERVE_USERNAME_CASING = False
HEADLESS_ONLY = False
HEADLESS_CLIENTS = ("app",)
HEADLESS_SERVE_SPECIFICATION = False  # our own document covers both APIs
HEADLESS_TOKEN_STRATEGY = "accounts.tokens.TokenStrategy"
HEADLESS_JWT_ALGORITHM = "HS256"
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = 300
HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN = 86400 * 30
HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True
HEADLESS_JWT_ROTATE_REFRESH_TOKEN = True
MFA_FORMS = {
    "authenticate": "accounts.entrance.CodeForm",
    "reauthenticate": "accounts.entrance.CodeAgainForm",
    "activate_totp": "accounts.entrance.CodeFirstForm",
}
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
MFA_TOTP_ISSUER = "Points Mall"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "mall.views.csrf_failure"

# --- what could not be sent (mall.core.unsent) ------------------------------
UNSENT_SHOWN_BY = ("allauth.account.",)  # accounts.entrance fills their forms in again
UNSENT_NEVER = ("allauth.mfa.",)  # nothing but secrets stands in their forms
