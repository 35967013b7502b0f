using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Tests.Storage;

public sealed class FileSystemTypesTests
{
    [Theory]
    [InlineData(0x6969, "", true)] // NFS
    [InlineData(0xFF534D42, "", true)] // CIFS
    [InlineData(unchecked((int)0xFF534D42), "", true)] // the same, sign-extended
    [InlineData(0xFE534D42, "", true)] // SMB 2
    [InlineData(0x517B, "", true)] // SMB 1
    [InlineData(0x01021997, "", true)] // 9p
    [InlineData(0x00C36400, "", true)] // Ceph
    [InlineData(0x65735546, "fuse.sshfs", true)]
    [InlineData(0x65735546, "fuse.rclone", true)]
    [InlineData(0x65735546, "fuse.never-heard-of", true)]
    [InlineData(0x65735546, "", true)]
    [InlineData(0x65735546, "fuseblk", false)] // NTFS, exFAT
    [InlineData(0x65735546, "fuse.gocryptfs", false)]
    [InlineData(0xEF53, "", false)] // ext4
    [InlineData(0x58465342, "", false)] // XFS
    [InlineData(0x9123683E, "", false)] // btrfs
    [InlineData(0x01021994, "", false)] // tmpfs
    [InlineData(0x794C7630, "", false)] // overlay
    public void Linux_numbers(long magic, string mountType, bool network) => Assert.Equal(network, FileSystemTypes.IsNetwork(magic, mountType));

    [Theory]
    [InlineData("apfs", true, false)]
    [InlineData("hfs", true, false)]
    [InlineData("nfs", false, true)]
    [InlineData("smbfs", true, true)]
    [InlineData("apfs", false, true)]
    public void MacOS_names(string name, bool local, bool network) => Assert.Equal(network, FileSystemTypes.IsNetwork(name, local));

    [Theory]
    [InlineData("/home/me/vault", "ext4")]
    [InlineData("/mnt/remote", "fuse.sshfs")]
    [InlineData("/mnt/remote/deep/vault", "fuse.sshfs")]
    [InlineData("/mnt/remoteness", "ext4")]
    [InlineData("/mnt/with space/v", "fuse.rclone")]
    [InlineData("/twice/v", "btrfs")]
    public void The_deepest_and_last_mount_that_holds_the_path_counts(string path, string type)
    {
        string[] mountInfo =
        [
            "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
            "31 22 0:45 / /mnt/remote rw,nosuid shared:2 master:3 - fuse.sshfs me@host: rw,user_id=0",
            "32 22 0:46 / /mnt/with\\040space rw - fuse.rclone remote: rw",
            "33 22 0:47 / /twice rw - fuse.sshfs a rw",
            "34 22 0:48 / /twice rw - btrfs b rw",
            "garbage",
        ];
        Assert.Equal(type, FileSystemTypes.MountTypeOf(path, mountInfo));
    }
}
