using System.CommandLine;
using System.Text;
using QRCoder;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Files;
using SyncModule.Engine.Pairing;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>invite VAULT --listen ADDR:PORT: prints an invite and waits until somebody has joined; its end revokes it.</summary>
internal sealed class InviteCommand : VaultCommand
{
    private readonly Option<string> _listen = NodeCommand.Listen();
    private readonly Option<string> _expires = new("--expires") { Description = "How long it stays open: 90s, 10m, 2h, 1d.", HelpName = "TIME", DefaultValueFactory = _ => "10m" };
    private readonly Option<string?> _file = new("--invite-file") { Description = "Write the invite to this file (0600) and do not show it.", HelpName = "F" };

    private readonly Option<bool> _qr = new("--qr") { Description = "Show the invite as a QR code too." };

    public InviteCommand()
        : base("invite", "Invite one more device and wait until it has joined.", "mirord invite ~/vault --listen 0.0.0.0:22020 --key-file ~/vault.key", "mirord invite ~/vault --listen 0.0.0.0:0 --expires 1h --invite-file ./invite")
    {
        Options.Add(_listen);
        Options.Add(_expires);
        Options.Add(_file);
        Options.Add(_qr);
    }

    /// <summary>"90s", "10m", "2h", "1d".</summary>
    internal static TimeSpan ParseExpires(string text)
    {
        var given = TimeText.Duration(text);
        return given <= TimeSpan.FromDays(30) ? given.Value : throw SyncErrors.UsageWrong.With("--expires takes a number with s, m, h or d, at most 30d");
    }

    protected override void Check(CommandRun run)
    {
        PeerAddress.Parse(run.Get(_listen)!);
        ParseExpires(run.Get(_expires)!);
        if (run.Get(_file) is { } file) AtomicFile.CheckTarget(file);
    }

    protected override async Task<int> RunAsync(CommandRun run, Vault vault)
    {
        var result = await PairingOperations.InviteAsync(vault, NodeCommand.OptionsFor(run.Get(VaultFolder)), PeerAddress.Parse(run.Get(_listen)!), ParseExpires(run.Get(_expires)!), (text, until) => Show(run, text, until), run.Cancellation).ConfigureAwait(false);
        run.Output.Record(new { deviceId = result.Device.ToString(), name = result.Name });
        run.Output.Text($"{result.Name} ({Human.Short(result.Device.ToString())}) has joined and synced.");
        return ExitCode.Ok;
    }

    // Two modules a character: half as high, and square on a terminal.
    private static string QrCode(string text)
    {
        using var generator = new QRCodeGenerator();
        using var data = generator.CreateQrCode(text, QRCodeGenerator.ECCLevel.L);
        using var code = new AsciiQRCode(data);
        return code.GetGraphicSmall();
    }

    private void Show(CommandRun run, string text, DateTimeOffset until)
    {
        if (run.Get(_file) is { } file) AtomicFile.Write(file, output => output.Write(Encoding.ASCII.GetBytes(text + "\n")));
        run.Output.Record(new { invite = text, expires = until });
        run.Output.Text($"An invite for one device, open until {Human.Time(until)}. It is a secret until then.");
        run.Output.Text("");
        run.Output.Text(run.Get(_file) is { } written ? $"  in the file {written}" : text);
        run.Output.Text("");
        if (run.Get(_qr))
        {
            foreach (string line in QrCode(text).Split('\n')) run.Output.Text(line.TrimEnd('\r'));
            run.Output.Text("");
        }

        run.Output.Text(run.Get(_file) is null ? "On the other machine: mirord join VAULT --device NAME, then paste it." : "On the other machine: mirord join VAULT --invite-file F --device NAME.");
        run.Output.Text("Waiting; Ctrl+C revokes it.");
    }
}
