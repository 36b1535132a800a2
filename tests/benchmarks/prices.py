"""What AWS asks for in us-east-1, in USD: list prices, without any free tier or discount.

As the public price pages had them early in 2026 (on-demand DynamoDB as since November 2024). They
change now and then, so a figure made of them is an estimate.
"""

MILLION = 1_000_000
GIGABYTE = 1_000_000_000
MONTH_HOURS = 730
MONTH_SECONDS = MONTH_HOURS * 3600
MONTH_MINUTES = MONTH_HOURS * 60

GATEWAY_REQUEST = 3.50 / MILLION  # a REST API
LAMBDA_REQUEST = 0.20 / MILLION
LAMBDA_GB_SECOND = 0.0000133334  # arm64, the template's default
SQS_REQUEST = 0.50 / MILLION  # a FIFO queue; 64 KB are one request
WRITE_UNIT = 0.625 / MILLION
READ_UNIT = 0.125 / MILLION
TABLE_GB_MONTH = 0.25 + 0.20  # with point-in-time recovery
LOGS_GB = 0.50
LOGS_GB_MONTH = 0.03
METRIC_MONTH = 0.30
ALARM_MONTH = 0.10
SECRET_MONTH = 0.40
SECRET_READ = 0.05 / 10_000  # with the key aws/secretsmanager, which costs nothing
SCHEDULED = 1.00 / MILLION
TRACE = 5.00 / MILLION
SENT_GB = 0.09
KMS_REQUEST = 0.03 / 10_000
NAT_HOUR = 0.045
NAT_GB = 0.045
