using System.Buffers;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Tests.Vaults;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Files;

/// <summary>Two replicas of one vault, brought level without a network: what a session does, in two calls.</summary>
internal sealed class Replicas : IDisposable
{
    public Replicas()
    {
        Here = TestVault.Create();
        There = Join(Here.Vault, "laptop");
        Sync();
    }

    public TestVault Here { get; }

    public TestVault There { get; }

    /// <summary>Both ways, commits and objects.</summary>
    public void Sync(bool objects = true)
    {
        Copy(Here.Vault, There.Vault, objects);
        Copy(There.Vault, Here.Vault, objects);
    }

    public static void Copy(Vault from, Vault to, bool objects)
    {
        var (source, target) = (new SessionReplica(from), new SessionReplica(to));
        foreach (var lane in new[] { Lane.Membership, Lane.Data })
        {
            using var commits = source.CommitsBehind(lane, target.Held(lane));
            var bundles = new List<CommitBundle>();
            while (commits.Next() is { } bundle) bundles.Add(bundle);
            if (bundles.Count > 0) Assert.Empty(to.Receive(bundles).Rejected);
        }

        while (objects && target.Wanted(100, new HashSet<ObjectAddress>()) is { Count: > 0 } wanted)
        {
            var records = new ArrayBufferWriter<byte>();
            foreach (var address in wanted) Assert.True(source.TryReadObjectRecord(address, records));
            using var receiver = to.NewObjectReceiver();
            Assert.Empty(receiver.Store(records.WrittenMemory, flush: true).Rejected);
        }
    }

    public void Dispose()
    {
        There.Dispose();
        Here.Dispose();
    }

    private static TestVault Join(Vault inviter, string name)
    {
        string folder = TestVault.NewFolder();
        var key = KeyFile.Create(SystemRandomSource.Instance);
        using var slot = SlotKey.FromKeyFile(key);
        using var device = DeviceKeys.Create(SystemRandomSource.Instance);
        inviter.AddMember(device.Certify(inviter.Id, DeviceRole.Administrator), name);
        var grant = inviter.Grant([]);
        var epochs = inviter.Keys.Epochs.Values.Select(e => new EpochSecret(e.EpochId, EpochSecretKind.Epoch, e.Secret)).ToList();
        VaultCreation.CreateReplica(new FolderStores(folder, null, create: true), inviter.Id, device, epochs, grant.Membership, [slot], TimeProvider.System, SystemRandomSource.Instance);
        return TestVault.OpenAt(folder, key);
    }
}
