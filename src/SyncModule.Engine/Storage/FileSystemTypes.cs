namespace SyncModule.Engine.Storage;

/// <summary>
/// Which file systems are refused because another machine can write behind our back, or because locks and flushes are promises
/// only (format-1 §12). A table, so that it can be tested without mounting any of them.
/// </summary>
public static class FileSystemTypes
{
    /// <summary>Linux's number for every FUSE file system; the name in mountinfo tells them apart.</summary>
    public const long FuseMagic = 0x65735546;

    // linux/magic.h; numbers from the file systems' own sources where that header leaves them out.
    private static readonly Dictionary<long, string> NetworkMagics = new()
    {
        [0x6969] = "nfs",
        [0x517B] = "smb",
        [0xFF534D42] = "cifs",
        [0xFE534D42] = "smb2",
        [0x01021997] = "9p",
        [0x00C36400] = "ceph",
        [0x5346414F] = "afs",
        [0x6B414653] = "kafs",
        [0x73757245] = "coda",
        [0x564C] = "ncp",
        [0x0BD00BD0] = "lustre",
        [0x7461636F] = "ocfs2",
        [0x01161970] = "gfs2",
        [0x47504653] = "gpfs",
        [0xAAD7AAEA] = "panfs",
        [0x19830326] = "beegfs",
        [0x786F4256] = "vboxsf",
        [0xBACBACBC] = "vmhgfs",
        [0x0187] = "autofs",
    };

    // Unknown FUSE file systems are refused: most of them are remote, and a wrong "local" costs data.
    private static readonly HashSet<string> LocalFuse = new(StringComparer.Ordinal)
    {
        "fuseblk", "fuse.ntfs", "fuse.ntfs-3g", "fuse.lowntfs-3g", "fuse.exfat", "fuse.ext2", "fuse.ext4", "fuse.gocryptfs", "fuse.encfs",
        "fuse.cryfs", "fuse.securefs", "fuse.bindfs", "fuse.fuse-overlayfs", "fuse.apfs-fuse", "fuse.zfs",
    };

    private static readonly HashSet<string> NetworkNames = new(StringComparer.OrdinalIgnoreCase)
    {
        "nfs", "smbfs", "afpfs", "webdav", "ftp", "cifs", "macfuse", "osxfuse", "fusefs", "autofs",
    };

    /// <summary>Linux. <paramref name="magic"/> = statfs.f_type; <paramref name="mountType"/> = the type column of mountinfo, asked for FUSE only.</summary>
    public static bool IsNetwork(long magic, string mountType)
    {
        long number = magic & 0xFFFFFFFF; // f_type is signed: the top bit may have been extended
        return number == FuseMagic ? !LocalFuse.Contains(mountType) : NetworkMagics.ContainsKey(number);
    }

    /// <summary>macOS. <paramref name="isLocal"/> = MNT_LOCAL.</summary>
    public static bool IsNetwork(string name, bool isLocal) => !isLocal || NetworkNames.Contains(name);

    /// <summary>The type of the mount that holds an absolute path, from the text of /proc/self/mountinfo; "" when none does.</summary>
    public static string MountTypeOf(string absolutePath, IEnumerable<string> mountInfo)
    {
        string best = "", type = "";
        foreach (string line in mountInfo)
        {
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-");
            if (fields.Length < 6 || dash < 6 || dash + 1 >= fields.Length) continue;
            string point = fields[4].Replace("\\040", " ", StringComparison.Ordinal);
            bool holds = point == "/" || absolutePath == point || absolutePath.StartsWith(point + "/", StringComparison.Ordinal);

            // The last mount on an equal point covers the earlier ones.
            if (holds && point.Length >= best.Length) (best, type) = (point, fields[dash + 1]);
        }

        return type;
    }
}
