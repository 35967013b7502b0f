namespace SyncModule.Engine.Storage;

/// <summary>Whole-file reads, replacements and rewrites over any <see cref="IDisk"/>.</summary>
public static class DiskExtensions
{
    /// <summary>Suffix of a replacement that is not complete yet; such a file is garbage once its writer is dead.</summary>
    public const string TemporarySuffix = ".tmp";

    /// <summary>Reads a small file whole. A longer one is <see cref="DiskFailure.Failed"/>, before anything is allocated.</summary>
    public static byte[] ReadAllBytes(this IDisk disk, string path, int maxLength)
    {
        using IDiskFile file = disk.Open(path, DiskOpen.Read);
        long length = file.Length;
        if (length > maxLength) throw new DiskException(DiskFailure.Failed, "read", path, $"{length} bytes where at most {maxLength} are allowed");
        var bytes = new byte[length];
        int read = file.Read(0, bytes);
        return read == bytes.Length ? bytes : bytes[..read];
    }

    /// <summary>
    /// Replaces a file so that a reader, a crash and a power cut see the old or the new bytes, whole: a temporary file beside it
    /// is written and synced, takes the name, and the folder is synced. Callers that may race hold a lock.
    /// </summary>
    public static void ReplaceAtomically(this IDisk disk, string path, ReadOnlySpan<byte> bytes)
    {
        string temporary = path + TemporarySuffix;
        disk.Delete(temporary);
        try
        {
            using (IDiskFile file = disk.Open(temporary, DiskOpen.CreateNew))
            {
                file.Write(0, bytes);
                file.Sync();
            }

            disk.Rename(temporary, path);
        }
        catch (DiskException)
        {
            TryDelete(disk, temporary);
            throw;
        }

        disk.SyncFolder(DiskPath.FolderOf(path));
    }

    /// <summary>Writes bytes of a file over themselves: their pages are dirty again, and the next sync really stores them (docs/decisions/023).</summary>
    public static void Rewrite(this IDiskFile file, long from, long end)
    {
        var buffer = new byte[(int)Math.Clamp(end - from, 0, 1 << 20)];
        for (long at = from; at < end;)
        {
            int count = file.Read(at, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - at)));
            if (count == 0) break;
            file.Write(at, buffer.AsSpan(0, count));
            at += count;
        }
    }

    private static void TryDelete(IDisk disk, string path)
    {
        try
        {
            disk.Delete(path);
        }
        catch (DiskException)
        {
            // The first error is the one to report; the leftover is deleted by the next replacement.
        }
    }
}
