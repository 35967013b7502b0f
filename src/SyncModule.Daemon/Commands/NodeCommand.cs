using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Transport;

namespace SyncModule.Daemon.Commands;

/// <summary>Options and lines that the commands with a network share.</summary>
internal static class NodeCommand
{
    public static Option<string> Listen() => new("--listen") { Description = "Address and port to listen on; port 0 = any.", HelpName = "ADDR:PORT", Required = true };

    public static Option<string> Transport()
    {
        var option = new Option<string>("--transport") { Description = "auto, tcp or quic.", HelpName = "T", DefaultValueFactory = _ => "auto" };
        option.AcceptOnlyFromAmong("auto", "tcp", "quic");
        return option;
    }

    public static Argument<string[]> Peers(string description) => new("PEER") { Description = description, Arity = ArgumentArity.ZeroOrMore };

    public static void CheckTransport(CommandRun run, Option<string> transport)
    {
        if (run.Get(transport) == "quic") throw new CommandFailure(SyncErrors.UsageWrong, "This version has no QUIC transport", "Leave --transport out, or give tcp");
    }

    public static NodeOptions OptionsFor(string folder) => new() { Transport = new TcpTransport(), Folder = Path.GetFullPath(folder) };

    public static void Write(ResultWriter output, NodeEvent e, DerivedReport derived)
    {
        // Ending it from here is what was asked for, not an error.
        var failure = e.Error?.Kind == SyncErrors.Interrupted ? null : e.Error;
        output.Record(new { kind = e.Kind, at = e.At, peer = e.Peer, device = e.Device, detail = e.Detail, error = failure?.ErrorId });
        string who = string.Join(' ', new[] { e.Device, e.Peer }.Where(s => !string.IsNullOrEmpty(s)).Distinct(StringComparer.Ordinal));
        string what = failure is { } error ? $"{error.ErrorId}: {error.Detail}" : e.Detail;
        output.Text($"{Human.Time(e.At)}  {e.Kind,-11}  {who}{(what.Length > 0 ? "  " + what : "")}");
        if (e.Kind is "UpToDate" or "Synced") derived.Tell();
    }

    /// <summary>Runs until a person or a service manager ends it, which is no failure.</summary>
    public static async Task<int> UntilStopped(Task running, CancellationToken cancellation)
    {
        try
        {
            await running.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to.
        }

        return ExitCode.Ok;
    }
}
