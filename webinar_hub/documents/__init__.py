"""Floor 4: values turned into text or bytes (mail, invites, PDF, pictures); sends and stores nothing."""
