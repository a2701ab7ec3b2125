"""What catalog asks the rooms above it when somebody looks at a product's page."""

from mall.core.events import Question

# (request, response, product id): a room may note it in the response; nobody writes a row for it.
LOOKED = Question()
