from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout


def fields_only(*layout: object) -> FormHelper:
    """Only the fields, in this layout if there is one: the form's tag, its token and its buttons are the template's."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    if layout:
        helper.layout = Layout(*layout)
    return helper
