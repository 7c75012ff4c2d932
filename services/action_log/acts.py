"""Every act there is, by name in `ACTS` and as a class in this module (`acts.CaseOpened(…)`)."""

from services.action_log.act import ACTS, Act, from_params, name_of, to_params
from services.action_log.acts_breach import *  # noqa: F403
from services.action_log.acts_case import *  # noqa: F403
from services.action_log.acts_check import *  # noqa: F403
from services.action_log.acts_clock import *  # noqa: F403
from services.action_log.acts_correct import *  # noqa: F403
from services.action_log.acts_decision import *  # noqa: F403
from services.action_log.acts_hold import *  # noqa: F403
from services.action_log.acts_instruct import *  # noqa: F403
from services.action_log.acts_letter import *  # noqa: F403
from services.action_log.acts_log import *  # noqa: F403
from services.action_log.acts_operator import *  # noqa: F403
from services.action_log.acts_people import *  # noqa: F403
from services.action_log.acts_retention import *  # noqa: F403
from services.action_log.acts_systems import *  # noqa: F403
from services.action_log.acts_task import *  # noqa: F403
from services.action_log.acts_wait import *  # noqa: F403
from services.action_log.acts_weigh import *  # noqa: F403
from services.action_log.acts_work import *  # noqa: F403

__all__ = ["ACTS", "Act", "from_params", "name_of", "to_params"]  # and each act, by the stars above
