"""What moto lacks of EC2 and a drill needs, as the EC2 API Reference has it. Patched in by launch.py."""

import base64

# A black dot: what the screenshot shows is of no use to anybody here.
SCREENSHOT = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154789c6300010000"
        "0500010d0a2db40000000049454e44ae426082"
    )
).decode()


def fill():
    take_profiles_as_named()
    keep_shutdown_behavior()
    keep_connection_tracking()
    take_screenshots()
    keep_groups_of_attached_interfaces()
    keep_interface_types()
    lock_snapshots()
    share_snapshots()
    refuse_members_and_strangers()


def take_profiles_as_named():
    """IAM is ministack's. Moto looks instance profiles up in an IAM of its own, which nobody writes."""
    from moto.iam.exceptions import NotFoundException
    from moto.iam.models import IAMBackend

    known = IAMBackend.get_instance_profile

    def by_name(self, profile_name):
        try:
            return known(self, profile_name)
        except NotFoundException:
            return self.create_instance_profile(profile_name, "/", [])

    IAMBackend.get_instance_profile = by_name
    IAMBackend.get_instance_profile_by_arn = lambda self, profile_arn: by_name(self, profile_arn.split("/")[-1])


def keep_shutdown_behavior():
    """Moto forgets ModifyInstanceAttribute's InstanceInitiatedShutdownBehavior, and takes the groups away instead."""
    from moto.core.responses import EmptyResult
    from moto.ec2.responses import EC2Response

    modify = EC2Response.modify_instance_attribute

    def modify_instance_attribute(self):
        behavior = self._get_param("InstanceInitiatedShutdownBehavior.Value")
        if behavior is None:
            return modify(self)
        self.ec2_backend.modify_instance_attribute(
            self._get_param("InstanceId"), "instance_initiated_shutdown_behavior", behavior
        )
        return EmptyResult()

    EC2Response.modify_instance_attribute = modify_instance_attribute


def keep_connection_tracking():
    """Moto forgets ModifyNetworkInterfaceAttribute's ConnectionTrackingSpecification, and with no groups given it
    takes them away."""
    from moto.core.responses import EmptyResult
    from moto.ec2.responses import EC2Response

    modify = EC2Response.modify_network_interface_attribute

    def modify_network_interface_attribute(self):
        names = ("TcpEstablishedTimeout", "UdpStreamTimeout", "UdpTimeout")
        wanted = {name: self._get_int_param(f"ConnectionTrackingSpecification.{name}") for name in names}
        wanted = {name: value for name, value in wanted.items() if value is not None}
        if wanted:
            interface = self.ec2_backend.get_network_interface(self._get_param("NetworkInterfaceId"))
            interface.connection_tracking_configuration = wanted
            if not self._get_param("Groups", []):
                return EmptyResult()
        return modify(self)

    EC2Response.modify_network_interface_attribute = modify_network_interface_attribute


def take_screenshots():
    """Moto has no GetConsoleScreenshot."""
    from moto.core.responses import ActionResult
    from moto.ec2.responses import EC2Response

    def get_console_screenshot(self):
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        return ActionResult({"InstanceId": instance.id, "ImageData": SCREENSHOT})

    EC2Response.get_console_screenshot = get_console_screenshot


def keep_groups_of_attached_interfaces():
    """Moto adds the instance's groups to an interface that is attached to it."""
    from moto.ec2.models.elastic_network_interfaces import NetworkInterface

    NetworkInterface.group_set = property(lambda self: self._group_set)


def keep_interface_types():
    """Moto forgets CreateNetworkInterface's InterfaceType."""
    from moto.ec2.responses import EC2Response

    create = EC2Response.create_network_interface

    def create_network_interface(self):
        created = create(self)
        created.result["NetworkInterface"].interface_type = self._get_param("InterfaceType", "interface")
        return created

    EC2Response.create_network_interface = create_network_interface


def lock_snapshots():
    """Moto has neither LockSnapshot nor DescribeLockedSnapshots."""
    from moto.core.responses import ActionResult
    from moto.ec2.responses import EC2Response

    locks = {}

    def lock_snapshot(self):
        snapshot = self.ec2_backend.get_snapshot(self._get_param("SnapshotId"))
        lock = {
            "SnapshotId": snapshot.id,
            "LockState": self._get_param("LockMode"),
            "LockDuration": int(self._get_param("LockDuration")),
        }
        locks[snapshot.id] = lock
        return ActionResult(lock)

    def describe_locked_snapshots(self):
        wanted = self._get_param("SnapshotIds", [])
        return ActionResult({"Snapshots": [locks[one] for one in wanted if one in locks]})

    EC2Response.lock_snapshot = lock_snapshot
    EC2Response.describe_locked_snapshots = describe_locked_snapshots


def share_snapshots():
    """Moto knows ModifySnapshotAttribute's UserIds, not its CreateVolumePermission."""
    from moto.core.responses import EmptyResult
    from moto.ec2.responses import EC2Response

    modify = EC2Response.modify_snapshot_attribute

    def modify_snapshot_attribute(self):
        added = self._get_param("CreateVolumePermission", {}).get("Add", [])
        if not added:
            return modify(self)
        users = [one["UserId"] for one in added if "UserId" in one]
        self.ec2_backend.add_create_volume_permission(self._get_param("SnapshotId"), user_ids=users, groups=[])
        return EmptyResult()

    EC2Response.modify_snapshot_attribute = modify_snapshot_attribute


def refuse_members_and_strangers():
    """Moto attaches an instance to its Auto Scaling group as often as it is asked to, and detaches one that isn't there."""
    from moto.autoscaling.exceptions import ValidationError
    from moto.autoscaling.models import AutoScalingBackend

    attach, detach = AutoScalingBackend.attach_instances, AutoScalingBackend.detach_instances

    def attach_instances(self, group_name, instance_ids):
        for group in self.autoscaling_groups.values():
            for member in group.instance_states:
                if member.instance.id in instance_ids:
                    raise ValidationError(
                        f"The Instance: {member.instance.id} is already part of AutoScalingGroup:{group.name}"
                    )
        return attach(self, group_name, instance_ids)

    def detach_instances(self, group_name, instance_ids, *args, **kwargs):
        members = {member.instance.id for member in self.autoscaling_groups[group_name].instance_states}
        for instance in instance_ids:
            if instance not in members:
                raise ValidationError(f"The instance {instance} is not part of Auto Scaling group {group_name}.")
        return detach(self, group_name, instance_ids, *args, **kwargs)

    AutoScalingBackend.attach_instances = attach_instances
    AutoScalingBackend.detach_instances = detach_instances
