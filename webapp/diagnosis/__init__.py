"""What a person asks now: why do no messages arrive?"""
