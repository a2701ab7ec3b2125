"""Where allauth looks for an app's providers; ours stand in for its own Weixin."""

from accounts.wechat.provider import MiniProgramProvider, PageProvider

provider_classes = [PageProvider, MiniProgramProvider]
