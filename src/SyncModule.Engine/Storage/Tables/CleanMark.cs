using System.Buffers.Binary;
using System.Security.Cryptography;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Storage.Tables;

/// <summary>
/// What is known of index.db from outside it: whether its bytes were all on the disk when it was last closed, else which boot of
/// the machine wrote to it. It stands in a small file beside the database, because a database that lost writes cannot be asked.
/// </summary>
/// <param name="Clean">Everything was flushed, and nothing was written since.</param>
/// <param name="Instance">The random number in the database that this speaks of; another database under the same name does not match.</param>
/// <param name="Boot">The boot in which the database was last written to.</param>
internal readonly record struct CleanMark(bool Clean, long Instance, Id16 Boot)
{
    // magic 4 ‖ clean u8 ‖ zeros 3 ‖ instance i64 ‖ boot 16 ‖ first 16 of SHA-256: within one sector, so a write is all or nothing or noticed.
    private const int Size = 48, HashedSize = 32;
    private static ReadOnlySpan<byte> Magic => "SMI1"u8;

    /// <summary>
    /// A killed process loses nothing that it wrote: the kernel has it, and SQLite's WAL undoes what was half done. A power cut may
    /// lose any part, in any order; so a state that is not clean holds for its own boot only.
    /// </summary>
    public bool Trusted(long instance, Id16 boot) => Instance == instance && (Clean || Boot == boot || Plants.IndexTrustedAfterPowerCut);

    /// <summary>Null where there is no file, or none that can be read.</summary>
    public static CleanMark? Read(string path)
    {
        Span<byte> bytes = stackalloc byte[Size + 1], hash = stackalloc byte[32];
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            if (RandomAccess.Read(file, bytes, 0) != Size || !bytes.StartsWith(Magic)) return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        SHA256.HashData(bytes[..HashedSize], hash);
        if (!hash[..16].SequenceEqual(bytes[HashedSize..Size])) return null;
        return new CleanMark(bytes[4] == 1, BinaryPrimitives.ReadInt64BigEndian(bytes[8..]), new Id16(bytes[16..32]));
    }

    /// <summary>On the disk when it returns. A file that a power cut leaves out or half written reads as null, which means "not trusted".</summary>
    public void Write(string path)
    {
        Span<byte> bytes = stackalloc byte[Size], hash = stackalloc byte[32];
        bytes.Clear();
        Magic.CopyTo(bytes);
        bytes[4] = Clean ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], Instance);
        Boot.CopyTo(bytes[16..]);
        SHA256.HashData(bytes[..HashedSize], hash);
        hash[..16].CopyTo(bytes[HashedSize..]);
        try
        {
            // Through the checked layer: .NET's own flush hides a failure, and rows that a power cut then takes would be believed.
            var disk = LocalDisk.Open(Path.GetDirectoryName(path)!, create: false);
            using var file = disk.Open(Path.GetFileName(path), DiskOpen.OpenOrCreate);
            file.SetLength(Size);
            file.Write(0, bytes);
            file.Sync();
        }
        catch (DiskException e)
        {
            throw e.ToSyncException();
        }
    }
}
