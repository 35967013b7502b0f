using System.Buffers;
using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>A vault in a temporary real folder, or a replica of one, opened by key file so that no test pays for Argon2id.</summary>
internal sealed class TestVault : IDisposable
{
    private readonly bool _ownsFolder;

    private TestVault(string folder, KeyFile key, bool ownsFolder, string? witness)
    {
        Folder = folder;
        Key = key;
        Witness = witness;
        _ownsFolder = ownsFolder;
        Vault = Open();
    }

    public string Folder { get; }

    public KeyFile Key { get; }

    public string? Witness { get; }

    public Vault Vault { get; private set; }

    public static string NewFolder() => Path.Combine(Path.GetTempPath(), "syncmodule-test-" + Guid.NewGuid().ToString("n"));

    public static TestVault Create(string name = "desk", string? witness = null, string? folder = null)
    {
        folder ??= NewFolder();
        var key = KeyFile.Create(SystemRandomSource.Instance);
        using var slot = SlotKey.FromKeyFile(key);
        VaultCreation.Create(new FolderStores(folder, witness, create: true), name, [slot], TimeProvider.System, SystemRandomSource.Instance);
        return new(folder, key, true, witness);
    }

    /// <summary>Opens the same folder a second time, as another process would.</summary>
    public Vault Open() => VaultCreation.Open(new FolderStores(Folder, Witness), file => file.UnlockWithKeyFile(Key), TimeProvider.System, SystemRandomSource.Instance);

    /// <summary>Opens a folder that was made elsewhere; it is deleted at the end.</summary>
    public static TestVault OpenAt(string folder, KeyFile key) => new(folder, key, true, null);

    /// <summary>Opens a copy of the folder as it lies on the disk.</summary>
    public TestVault OpenCopy(string folder) => new(folder, Key, true, Witness);

    public void Reopen()
    {
        Vault.Dispose();
        Vault = Open();
    }

    public void Dispose()
    {
        Vault.Dispose();
        if (_ownsFolder && Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
    }
}

internal static class VaultTestExtensions
{
    public static CommitResult Put(this Vault vault, string key, string text) => vault.Put("items", key, new MemoryStream(Encoding.UTF8.GetBytes(text)));

    public static byte[] Get(this Vault vault, string key)
    {
        var view = View.Of(vault.Find("items", key)!);
        return [.. vault.ReadValue(view.Winner!.Value!).SelectMany(p => p)];
    }

    /// <summary>Commits that the other has and this one lacks, without their objects.</summary>
    public static void TakeCommits(this Vault vault, Vault from) =>
        Assert.Empty(vault.Receive([.. from.CommitsBehind(Lane.Data, vault.HeldVector(Lane.Data)).Select(id => from.ReadBundle(id, withSmallObjects: false)!)]).Rejected);

    /// <summary>Objects that are wanted here, one at a time, until nothing is or <paramref name="most"/> came.</summary>
    public static int TakeObjects(this Vault vault, Vault from, int most = int.MaxValue)
    {
        using var receiver = vault.NewObjectReceiver();
        int taken = 0;
        while (taken < most && vault.WantedObjects(1, new HashSet<ObjectAddress>()) is [var wanted])
        {
            var record = new ArrayBufferWriter<byte>();
            Assert.True(from.TryReadObjectRecord(wanted, record));
            receiver.Store(record.WrittenMemory, flush: true);
            taken++;
        }

        return taken;
    }

    public static string GetText(this Vault vault, string key) => Encoding.UTF8.GetString(vault.Get(key));
}
