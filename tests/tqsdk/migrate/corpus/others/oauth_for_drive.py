import httplib2
from apiclient.discovery import build
from oauth2client.service_account import ServiceAccountCredentials

SCOPES = ["https://www.googleapis.com/auth/drive"]
credentials = ServiceAccountCredentials.from_json_keyfile_name("taskqueue-key.json", SCOPES)
drive = build("drive", "v3", http=credentials.authorize(httplib2.Http()))
