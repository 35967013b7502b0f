using System.Management.Automation;
using SyncModule.Commands.Syncing;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Pairing;
using SyncModule.Engine.Transport;

namespace SyncModule.Commands.Peers;

/// <summary>New-SyncInvite: gives an invite for one machine, then waits until that machine has joined and synced. Its end, by whatever cause, revokes the invite.</summary>
[Cmdlet(VerbsCommon.New, "SyncInvite", SupportsShouldProcess = true)]
[OutputType(typeof(SyncInvite), typeof(SyncPeer))]
public sealed class NewSyncInviteCommand : VaultCmdlet
{
    private const int ProgressId = 2203;
    private const string AnyAddress = "0.0.0.0";

    /// <summary>Where to listen: ADDRESS, ADDRESS:PORT; port 0 = any.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Listen { get; set; } = AnyAddress;

    /// <summary>How long the invite is open; 10 minutes when not given.</summary>
    [Parameter]
    public TimeSpan Expires { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Gives the invite in this file (0600) instead of showing it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? OutFile { get; set; }

    protected override void Process()
    {
        if (Expires < TimeSpan.FromSeconds(1) || Expires > TimeSpan.FromDays(30)) throw SyncErrors.UsageWrong.With("-Expires takes one second to 30 days");
        var listen = PeerAddress.Parse(Listen);
        string? file = OutFile is null ? null : ToPath(OutFile);
        var open = Open();
        if (!ShouldProcess($"vault {open.Name}", "Invite one more machine")) return;
        using var pump = new Pump(StopToken);
        using var termination = new Termination();
        InviteResult? joined = null;
        pump.Run(
            async stop =>
            {
                using var all = CancellationTokenSource.CreateLinkedTokenSource(stop, termination.Token, open.Lease.Locked);
                using var minute = new Timer(_ => pump.Post(() => WriteWaiting(open)), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
                joined = await PairingOperations.InviteAsync(open.Vault, new NodeOptions { Folder = open.Known.Path }, listen, Expires, (text, until) => pump.Post(() => Show(open, text, until, file)), all.Token).ConfigureAwait(false);
            },
            last: () => WriteProgress(new ProgressRecord(ProgressId, "Invite", "done") { RecordType = ProgressRecordType.Completed }));
        if (joined is null) return;
        WriteVerbose($"{joined.Name} has joined and synced");
        WriteObject(PeerObjects.All(open, includeSelf: false).FirstOrDefault(p => p.DeviceId == joined.Device.ToString()));
    }

    private DateTimeOffset _until;

    private void Show(OpenVault open, string text, DateTimeOffset until, string? file)
    {
        _until = until;
        if (file is not null) Engine.Files.AtomicFile.Write(file, output => output.Write(System.Text.Encoding.ASCII.GetBytes(text + "\n")));
        bool screen = file is null && IsScreen;
        WriteObject(new SyncInvite { Invite = file is null ? text : $"in {file}", Address = InviteText.Parse(text).Addresses, Expires = until.ToLocalTime(), Vault = open.Name, Shown = screen });
        if (screen) Host.UI.WriteLine($"For Connect-SyncVault on the other machine, one line, a secret until it is used:\n{text}\n");
    }

    // A person sees what comes out of this command, in a terminal that breaks long lines without cutting them.
    private bool IsScreen => Host.Name == "ConsoleHost" && !Console.IsOutputRedirected && MyInvocation.PipelinePosition == MyInvocation.PipelineLength;

    private void WriteWaiting(OpenVault open)
    {
        var left = _until - DateTimeOffset.UtcNow;
        if (left <= TimeSpan.Zero) return;
        WriteProgress(new ProgressRecord(ProgressId, $"Invite to vault {open.Name}", $"waiting for a machine, {(left.TotalHours >= 1 ? $"{(int)left.TotalHours}:{left.Minutes:00}" : left.Minutes.ToString(System.Globalization.CultureInfo.InvariantCulture))}:{left.Seconds:00} left; Ctrl+C revokes it"));
    }
}
