"""Questions without a target: what is odd, what lies together, what a picture in few directions keeps."""
