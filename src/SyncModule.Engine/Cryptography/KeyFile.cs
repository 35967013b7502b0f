using System.Globalization;
using System.Text;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

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
    private const string FirstLine = "syncmodule-key 1";
    private const int CheckSize = 4;
    private const int MaxSize = 512;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

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

    /// <summary>Writes a new file, 0600 from the first byte, synced to disk.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.FileExists"/>; <see cref="SyncErrors.FileUnreadable"/> when the folder cannot be written.</exception>
    public void WriteTo(string path)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"{FirstLine}\nid {KeyId}\nkey {Convert.ToHexStringLower(Key.Span)}{Convert.ToHexStringLower(Check(KeyId, Key.Span))}\n"));
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            using var file = new FileStream(path, options);
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw SyncErrors.FileExists.With($"The key file {path} was not written: something is there already", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SyncErrors.FileUnreadable.With($"The key file {path} could not be written", e);
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(bytes);
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
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <exception cref="SyncException"><see cref="SyncErrors.KeyFileInvalid"/>.</exception>
    internal static KeyFile Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxSize) throw SyncErrors.KeyFileInvalid.With("The file is too long for a key file");
        string[] lines = Encoding.Latin1.GetString(bytes).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 3 && string.Equals(lines[0], FirstLine, StringComparison.Ordinal)
            && TryHex(lines[1], "id ", Id16.Size, out var id) && TryHex(lines[2], "key ", SecretKey.Size + CheckSize, out var key))
        {
            var keyId = new Id16(id);
            if (Check(keyId, key.AsSpan(0, SecretKey.Size)).SequenceEqual(key.AsSpan(SecretKey.Size))) return new KeyFile(keyId, new SecretKey(key.AsSpan(0, SecretKey.Size)));
        }

        throw SyncErrors.KeyFileInvalid.With("The file is no key file, or it was changed");
    }

    public void Dispose() => Key.Dispose();

    public override string ToString() => KeyId.ToString();

    private static bool TryHex(string line, string prefix, int size, out byte[] bytes)
    {
        bytes = new byte[size];
        return line.StartsWith(prefix, StringComparison.Ordinal) && line.Length == prefix.Length + (2 * size)
            && Convert.FromHexString(line.AsSpan(prefix.Length), bytes, out _, out _) == System.Buffers.OperationStatus.Done;
    }

    private static ReadOnlySpan<byte> Check(Id16 keyId, ReadOnlySpan<byte> key) => Digest.HashOf(Labels.KeyFile, keyId.ToArray(), key).ToArray().AsSpan(0, CheckSize);
}
