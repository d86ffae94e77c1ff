from .price import total
from .words import plural
