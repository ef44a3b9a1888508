# The app for plans that run containers: docs/deploy.md says which. Its settings come from outside.
FROM mcr.microsoft.com/azure-functions/python:4-python3.12

ENV AzureWebJobsScriptRoot=/home/site/wwwroot \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true

WORKDIR /home/site/wwwroot
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir -r requirements.txt
COPY function_app.py host.json ./
COPY activities activities
COPY api api
COPY events events
COPY orchestrators orchestrators
COPY scoring scoring
COPY shared shared
RUN python -m compileall -q .
