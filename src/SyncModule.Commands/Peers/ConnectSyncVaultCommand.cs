using System.Management.Automation;
using System.Security;
using SyncModule.Commands.Syncing;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Pairing;
using SyncModule.Engine.Profiles;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Peers;

/// <summary>Connect-SyncVault: joins a vault by an invite, first sync included. The invite is asked for, hidden, unless it is piped or in a file.</summary>
[Cmdlet(VerbsCommunications.Connect, "SyncVault", SupportsShouldProcess = true)]
[OutputType(typeof(SyncConnection))]
public sealed class ConnectSyncVaultCommand : SyncCmdlet
{
    private const int ProgressId = 2204;
    private const int MaxInvite = 16 * 1024;

    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>From the pipeline or as a variable; never type it, because command lines are kept in history files.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Invite { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? InviteFile { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Device { get; set; } = Environment.MachineName;

    [Parameter]
    [ValidateNotNull]
    public SecureString? Passphrase { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? KeyFile { get; set; }

    protected override void Process()
    {
        Subject = Name;
        var list = KnownVaults.OfUser;
        string folder = NewVaultFolder.Choose(this, list, Name, Path);
        string? keyFile = KeyFile is null ? null : SessionPath.Of(this, KeyFile);
        string device = VaultCreation.CheckDeviceName(Device);
        if (!ShouldProcess($"vault {Name} in {folder}", "Join by an invite")) return;
        string invite = ReadInvite();
        _ = InviteText.Parse(invite);
        var stores = new FolderStores(folder, UserFolders.State, create: true);
        VaultCreation.CheckEmpty(stores.Disk);
        using var slots = NewSlotKeys.Make(this, folder, Passphrase, keyFile);
        var result = Join(invite, stores, device, folder, slots.Keys);
        list.Add(Name, folder, keyFile);
        using (OpenVaults.OfProcess.Open(folder, file => file.UnlockWithSlotKey(slots.Keys[0])))
        {
            if (result.Sync.Peers[0].Error is { } error) Report(error, result.Inviter);
            WriteObject(new SyncConnection { Vault = Name, Peer = result.Inviter, Path = folder, Device = device, Outcome = result.Sync.Outcome, Received = result.Sync.CommitsReceived, Seconds = Math.Round(result.Sync.Seconds, 3) });
        }
    }

    private JoinResult Join(string invite, FolderStores stores, string device, string folder, IReadOnlyList<SlotKey> keys)
    {
        var bars = new PeerProgress($"Joining vault {Name}", ProgressId);
        using var pump = new Pump(StopToken);
        JoinResult? result = null;
        pump.Run(
            async stop =>
            {
                var progress = new Relay(p =>
                {
                    if (bars.Report(p) is { } record) pump.Post(() => { WriteProgress(bars.Parent("first sync")); WriteProgress(record); });
                });
                result = await PairingOperations.JoinAsync(invite, stores, device, keys, new NodeOptions { Folder = folder }, TimeProvider.System, SystemRandomSource.Instance, f => f.UnlockWithSlotKey(keys[0]), progress, stop).ConfigureAwait(false);
            },
            last: () => bars.Completed().ToList().ForEach(WriteProgress));
        return result!;
    }

    private string ReadInvite()
    {
        if (Invite is { } given) return given.Length <= MaxInvite ? given : throw SyncErrors.InviteInvalid.With("The text is too long for an invite");
        if (InviteFile is not null) return FromFile(SessionPath.Of(this, InviteFile));
        using var typed = Prompt.Hidden(this, "Invite");
        return SecureText.Use(typed, text => text.Trim().ToString());
    }

    private static string FromFile(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            var buffer = new char[MaxInvite];
            return new string(buffer, 0, reader.ReadBlock(buffer));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw SyncErrors.FileNotFound.With($"There is no invite file {path}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SyncErrors.FileUnreadable.With($"The invite file {path} could not be read", e);
        }
    }

    private sealed class Relay(Action<SyncProgress> report) : IProgress<SyncProgress>
    {
        public void Report(SyncProgress value) => report(value);
    }
}
