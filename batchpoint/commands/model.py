"""`batchpoint model`: create, show, list and delete."""

from batchpoint.console.base import BatchpointGroup
from batchpoint.console.uploaded_assets import UploadedKind, add_uploaded_commands

group = BatchpointGroup("model", help="Models: registered versions that deployments refer to.")
add_uploaded_commands(
    group,
    UploadedKind(
        what="model",
        path_help="A local file or folder, or an azureml:// URI.",
        types=("mlflow_model", "custom_model"),
        type_help="What is in the folder; found out if not given.",
        assets=lambda session: session.client.models,
    ),
)
