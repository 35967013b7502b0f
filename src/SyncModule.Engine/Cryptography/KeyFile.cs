using System.Security.Cryptography;
using System.Text;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// A key file: three lines of ASCII that can be printed and typed again.
/// <code>
/// syncmodule-key 1
/// id  32 hex digits: which slot of which folder it opens
/// key 64 hex digits ‖ 8 hex digits: the slot key (KEK) and H(L("keyfile") ‖ id ‖ key)[0..4]
/// </code>
/// On Unix it is readable by its owner alone from its first byte on.
/// </summary>
public sealed class KeyFile : IDisposable
{
    private const int CheckSize = 4;
    private const int KeyDigits = 2 * (SecretKey.Size + CheckSize);
    private const int MaxSize = 512;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private static ReadOnlySpan<byte> FirstLine => "syncmodule-key 1"u8;

    private KeyFile(Id16 keyId, SecretKey key)
    {
        KeyId = keyId;
        Key = key;
    }

    /// <summary>Names the slot; not secret.</summary>
    public Id16 KeyId { get; }

    internal SecretKey Key { get; }

    public static KeyFile Create(IRandomSource random)
    {
        Span<byte> id = stackalloc byte[Id16.Size];
        random.Fill(id);
        return new KeyFile(new Id16(id), new SecretKey(random));
    }

    /// <summary>
    /// Writes a new file, 0600 from the first byte. It appears whole, under its name, and is on the disk with its name when this returns:
    /// a vault that is made with it can be opened by nothing else.
    /// </summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.FileExists"/>; <see cref="SyncErrors.FileUnreadable"/> when the folder cannot be written.</exception>
    public void WriteTo(string path)
    {
        byte[] bytes = Format();
        string full = Path.GetFullPath(path), temporary = $"{full}.{Guid.NewGuid():N}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            var folder = LocalDisk.Open(Path.GetDirectoryName(full) ?? full);
            using (var file = new FileStream(temporary, options)) file.Write(bytes);
            using (var file = folder.Open(Path.GetFileName(temporary), DiskOpen.ReadWrite)) file.Sync(); // FileStream tells of no sync that failed
            File.Move(temporary, full, overwrite: false);
            folder.SyncFolder("");
        }
        catch (IOException e) when (File.Exists(full))
        {
            Discard(temporary);
            throw SyncErrors.FileExists.With($"The key file {path} was not written: something is there already", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Discard(temporary);
            throw SyncErrors.FileUnreadable.With($"The key file {path} could not be written", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Takes away a key file that opens nothing.</summary>
    internal static void Discard(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first error is the one to report.
        }
    }

    /// <summary>Reads the key file that is there, else makes a new one.</summary>
    /// <exception cref="SyncException">As <see cref="ReadFrom"/> and <see cref="WriteTo"/>.</exception>
    public static KeyFile ReadOrMake(string path, IRandomSource random, out bool isNew)
    {
        isNew = !File.Exists(path);
        if (!isNew) return ReadFrom(path);
        var key = Create(random);
        try
        {
            key.WriteTo(path);
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Reads a key file.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.FileNotFound"/>, <see cref="SyncErrors.FileUnreadable"/>,
    /// <see cref="SyncErrors.KeyFileExposed"/> when group or others may read or write it, <see cref="SyncErrors.KeyFileInvalid"/>.</exception>
    public static KeyFile ReadFrom(string path)
    {
        var bytes = new byte[MaxSize + 1];
        try
        {
            using var handle = File.OpenHandle(path);
            // Of the opened file, so that nobody can swap it in between.
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(handle) & Others) != 0)
                throw SyncErrors.KeyFileExposed.With($"The key file {path} is open to others on this machine");
            int length = 0;
            for (int read; length < bytes.Length && (read = RandomAccess.Read(handle, bytes.AsSpan(length), length)) > 0;) length += read;
            return Parse(bytes.AsSpan(0, length));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw SyncErrors.FileNotFound.With($"There is no key file {path}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw SyncErrors.FileUnreadable.With($"The key file {path} could not be read", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <exception cref="SyncException"><see cref="SyncErrors.KeyFileInvalid"/>.</exception>
    internal static KeyFile Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxSize) throw SyncErrors.KeyFileInvalid.With("The file is too long for a key file");
        Span<byte> id = stackalloc byte[Id16.Size], key = stackalloc byte[SecretKey.Size + CheckSize];
        bool whole = NextLine(ref bytes).SequenceEqual(FirstLine) && TryHex(NextLine(ref bytes), "id "u8, id) && TryHex(NextLine(ref bytes), "key "u8, key)
            && bytes.TrimEnd(" \t\r\n"u8).IsEmpty;
        try
        {
            var keyId = new Id16(id);
            if (whole && Check(keyId, key[..SecretKey.Size]).SequenceEqual(key[SecretKey.Size..])) return new KeyFile(keyId, new SecretKey(key[..SecretKey.Size]));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }

        throw SyncErrors.KeyFileInvalid.With("The file is no key file, or it was changed");
    }

    /// <summary>The file's bytes; no secret passes through a string, which could not be zeroed.</summary>
    internal byte[] Format()
    {
        byte[] bytes = [.. FirstLine, .. "\nid "u8, .. Encoding.ASCII.GetBytes(KeyId.ToString()), .. "\nkey "u8, .. new byte[KeyDigits], (byte)'\n'];
        Span<byte> key = stackalloc byte[SecretKey.Size + CheckSize];
        Key.Span.CopyTo(key);
        Check(KeyId, Key.Span).CopyTo(key[SecretKey.Size..]);
        Convert.TryToHexStringLower(key, bytes.AsSpan(bytes.Length - 1 - KeyDigits, KeyDigits), out _);
        CryptographicOperations.ZeroMemory(key);
        return bytes;
    }

    public void Dispose() => Key.Dispose();

    public override string ToString() => KeyId.ToString();

    // Spaces at the end and a carriage return are an editor's, not a change.
    private static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> rest)
    {
        int end = rest.IndexOf((byte)'\n');
        var line = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[(end + 1)..];
        return line.TrimEnd(" \t\r"u8);
    }

    private static bool TryHex(ReadOnlySpan<byte> line, ReadOnlySpan<byte> prefix, Span<byte> bytes) =>
        line.StartsWith(prefix) && line.Length == prefix.Length + (2 * bytes.Length)
        && Convert.FromHexString(line[prefix.Length..], bytes, out _, out _) == System.Buffers.OperationStatus.Done;

    private static ReadOnlySpan<byte> Check(Id16 keyId, ReadOnlySpan<byte> key) => Digest.HashOf(Labels.KeyFile, keyId.ToArray(), key).ToArray().AsSpan(0, CheckSize);
}
