using System.Text;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Cryptography;

public sealed class KeyFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("syncmodule-keyfile-").FullName;
    private readonly KeyFile _key = KeyFile.Create(TestKeys.Random);

    private string FilePath => Path.Combine(_folder, "vault.key");

    public void Dispose()
    {
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void What_is_written_is_read_again_and_only_its_owner_can_read_it()
    {
        _key.WriteTo(FilePath);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        using var read = KeyFile.ReadFrom(FilePath);
        Assert.Equal(_key.KeyId, read.KeyId);
        Assert.Equal(_key.Key.Span.ToArray(), read.Key.Span.ToArray());
        string[] lines = File.ReadAllLines(FilePath);
        Assert.Equal(["syncmodule-key 1", "id " + _key.KeyId], lines[..2]);
        Assert.StartsWith("key " + Convert.ToHexStringLower(_key.Key.Span), lines[2], StringComparison.Ordinal);
        Assert.Equal(_key.KeyId.ToString(), _key.ToString());
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_file_that_others_can_read_or_write_is_refused(UnixFileMode mode)
    {
        if (OperatingSystem.IsWindows()) return; // Windows has no modes; access lists are the user's
        _key.WriteTo(FilePath);
        File.SetUnixFileMode(FilePath, UnixFileMode.UserRead | UnixFileMode.UserWrite | mode);
        Fails(SyncErrors.KeyFileExposed, () => KeyFile.ReadFrom(FilePath));
    }

    [Fact]
    public void Nothing_is_overwritten_and_a_missing_file_or_folder_is_said()
    {
        _key.WriteTo(FilePath);
        byte[] before = File.ReadAllBytes(FilePath);
        using var other = KeyFile.Create(TestKeys.Random);
        Fails(SyncErrors.FileExists, () => other.WriteTo(FilePath));
        Assert.Equal(before, File.ReadAllBytes(FilePath));
        Fails(SyncErrors.FileNotFound, () => KeyFile.ReadFrom(FilePath + "2"));
        Fails(SyncErrors.FileNotFound, () => KeyFile.ReadFrom(Path.Combine(_folder, "no", "file")));
        Fails(SyncErrors.FileUnreadable, () => other.WriteTo(Path.Combine(_folder, "no", "file")));
    }

    [Fact]
    public void Every_damage_is_found()
    {
        byte[] bytes = _key.Format();
        for (int i = 0; i < bytes.Length; i++)
        {
            foreach (byte change in new byte[] { 0x01, 0x20, 0x80 })
            {
                byte[] damaged = [.. bytes];
                damaged[i] ^= change;
                // Upper-case hex digits and white space at the ends mean the same; all else is refused.
                var error = Record.Exception(() =>
                {
                    using var read = KeyFile.Parse(damaged);
                    Assert.Equal((_key.KeyId, Convert.ToHexString(_key.Key.Span)), (read.KeyId, Convert.ToHexString(read.Key.Span)));
                });
                if (error is null) Assert.True(change == 0x20 || i == bytes.Length - 1, $"byte {i} xor {change}");
                else Assert.Same(SyncErrors.KeyFileInvalid, Assert.IsType<SyncException>(error).Kind);
            }
        }

        for (int length = 0; length < bytes.Length - 1; length++) Fails(SyncErrors.KeyFileInvalid, () => KeyFile.Parse(bytes.AsSpan(0, length)));
        Fails(SyncErrors.KeyFileInvalid, () => KeyFile.Parse([.. bytes, .. bytes]));
        Fails(SyncErrors.KeyFileInvalid, () => KeyFile.Parse(new byte[10_000]));
    }

    [Fact]
    public void A_file_that_an_editor_saved_with_carriage_returns_still_works()
    {
        byte[] bytes = Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(_key.Format()).Replace("\n", "\r\n", StringComparison.Ordinal));
        using var read = KeyFile.Parse(bytes);
        Assert.Equal(_key.KeyId, read.KeyId);
        byte[] withoutEnd = _key.Format()[..^1];
        using var cut = KeyFile.Parse(withoutEnd);
        Assert.Equal(_key.Key.Span.ToArray(), cut.Key.Span.ToArray());
    }

    private static void Fails(SyncErrorKind kind, Action action) => Assert.Same(kind, Assert.Throws<SyncException>(action).Kind);
}
