"""Resource types that the rules speak of."""

GROUP = "aws:autoscaling/group:Group"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"
TARGET_GROUPS = (TARGET_GROUP, "aws:alb/targetGroup:TargetGroup")
LOAD_BALANCERS = ("aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer")
LISTENERS = ("aws:lb/listener:Listener", "aws:alb/listener:Listener")
LISTENER_RULES = ("aws:lb/listenerRule:ListenerRule", "aws:alb/listenerRule:ListenerRule")
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
ROLE = "aws:iam/role:Role"
PROFILE = "aws:iam/instanceProfile:InstanceProfile"
INSTANCE = "aws:ec2/instance:Instance"
LAUNCH_CONFIGURATION = "aws:ec2/launchConfiguration:LaunchConfiguration"

#: What a fleet's instances are made of or reached through: taken down before its successor stands, each is an outage.
CHAIN = (GROUP, TEMPLATE, *TARGET_GROUPS, *LOAD_BALANCERS, *LISTENERS, *LISTENER_RULES, SECURITY_GROUP, ROLE, PROFILE)
