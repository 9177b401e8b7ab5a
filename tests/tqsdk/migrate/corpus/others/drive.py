import googleapiclient.discovery
from googleapiclient.errors import HttpError

drive = googleapiclient.discovery.build("drive", "v3")
try:
    drive.files().list(pageSize=10).execute()
except HttpError as error:
    print(error.resp.status)
