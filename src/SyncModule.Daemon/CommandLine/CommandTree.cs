using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using SyncModule.Daemon.Commands;

namespace SyncModule.Daemon.CommandLine;

/// <summary>All commands, in the order in which a person meets them.</summary>
internal static class CommandTree
{
    public static RootCommand Build()
    {
        var root = new RootCommand("SyncModule: an encrypted vault that is yours, the same on all your machines.");
        foreach (var command in Commands()) root.Subcommands.Add(command is MirorCommand single ? single.Complete() : command);
        // Any shell completes with dotnet-suggest, which asks by this directive.
        if (!root.Directives.OfType<SuggestDirective>().Any()) root.Add(new SuggestDirective());
        foreach (var option in root.Options.OfType<HelpOption>())
        {
            if (option.Action is HelpAction standard) option.Action = new HelpWithExamples(standard);
        }

        return root;
    }

    private static IEnumerable<Command> Commands() =>
    [
        new InitCommand(),
        new PutCommand(),
        new GetCommand(),
        new RemoveCommand(),
        new PatchCommand(),
        new IncrementCommand(),
        new CommandGroup("element", "Elements of sets in objects.", new ElementAddCommand(), new ElementRemoveCommand()),
        new ApplyCommand(),
        new CopyCommand(),
        new ListCommand(),
        new HistoryCommand(),
        new RestoreCommand(),
        new ImportCommand(),
        new ExportCommand(),
        new MergeCommand(),
        new ResolveCommand(),
        new CommandGroup("collection", "How versions that compete are shown, collection by collection.", new CollectionSetCommand(), new CollectionListCommand(), new CollectionRebuildCommand(), new CollectionOwnCommand(), new CollectionOwnersCommand()),
        new InviteCommand(),
        new JoinCommand(),
        new CommandGroup("device", "The vault's devices.", new DeviceListCommand(), new DeviceRetireCommand()),
        new CommandGroup("peer", "Addresses of other devices.", new PeerAddCommand(), new PeerListCommand(), new PeerRemoveCommand()),
        new ServeCommand(),
        new SyncCommand(),
        new FollowCommand(),
        new StatusCommand(),
        new DigestCommand(),
        new CommandGroup("key", "What opens a folder: passphrase and key files.", new KeyListCommand(), new KeyPassphraseCommand(), new KeyFileCommand(), new KeyRemoveCommand()),
        new VerifyCommand(),
        new RepairCommand(),
        new OptimizeCommand(),
        new Demo.DemoCommand(),
    ];
}
