using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Unlocking;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>A command on what opens a folder. It unlocks vault.json itself and does not open the vault: nothing else of it changes.</summary>
internal abstract class KeyCommand : MirorCommand
{
    private readonly UnlockOptions _unlock = new();

    protected KeyCommand(string name, string description, params string[] examples)
        : base(name, description, examples)
    {
        Arguments.Add(Folder);
    }

    protected Argument<string> Folder { get; } = new("VAULT") { Description = "The vault's folder." };

    private FolderStores Stores(CommandRun run) => new(run.Get(Folder), witnessFolder: null);

    /// <summary>Unlocks with a key of now.</summary>
    protected SlotChange Begin(CommandRun run) => SlotChange.Begin(Stores(run).Disk, new Unlocker(_unlock, run).Unlock);

    /// <summary>Says what opens the folder from now on.</summary>
    protected void Report(CommandRun run) => KeyRow.Write(run, VaultCreation.ReadVaultFile(Stores(run).Disk));

    protected override void AddCommonOptions()
    {
        _unlock.AddTo(this);
        base.AddCommonOptions();
    }
}

/// <summary>key list VAULT</summary>
internal sealed class KeyListCommand : MirorCommand
{
    private readonly Argument<string> _folder = new("VAULT") { Description = "The vault's folder." };

    public KeyListCommand()
        : base("list", "List what opens the folder; needs no key.", "mirord key list ~/vault") => Arguments.Add(_folder);

    protected override Task<int> RunAsync(CommandRun run)
    {
        KeyRow.Write(run, VaultCreation.ReadVaultFile(new FolderStores(run.Get(_folder), witnessFolder: null).Disk));
        return Task.FromResult(ExitCode.Ok);
    }
}

/// <summary>key passphrase VAULT</summary>
internal sealed class KeyPassphraseCommand : KeyCommand
{
    private readonly Option<string?> _new = new("--new-passphrase-file") { Description = "The new passphrase is in this file; one newline at its end is cut.", HelpName = "F" };
    private readonly Option<bool> _compromised = new("--compromised") { Description = "Somebody else has the passphrase: make new device keys too (not built yet)." };
    private readonly PassphraseCost _cost = new();

    public KeyPassphraseCommand()
        : base("passphrase", "Change the passphrase of this folder, or give it one.", "mirord key passphrase ~/vault", "mirord key passphrase ~/vault --key-file ~/vault.key --new-passphrase-file ./passphrase")
    {
        Options.Add(_new);
        Options.Add(_compromised);
        _cost.AddTo(this);
    }

    protected override Task<int> RunAsync(CommandRun run)
    {
        if (run.Get(_compromised)) throw new CommandFailure(SyncErrors.UsageWrong, "New device keys cannot be made yet, and a new passphrase alone does not lock out who has the old one and a copy of vault.json", "Change the secrets in the vault, or make a new vault and import them there");
        _cost.Check(run);
        string? file = run.Get(_new);
        if (file is null && !Prompt.IsPossible) throw new CommandFailure(SyncErrors.VaultLocked, "The new passphrase was not given, and standard input is no terminal to ask on", "Give --new-passphrase-file");
        using var change = Begin(run);
        bool hadOne = change.Slots.Any(s => s.Type == SlotType.Passphrase);
        using (var key = _cost.Derive(run, file is null ? Prompt.AskTwice(run.Cancellation) : Secrets.ReadPassphraseFile(file)))
        {
            change.Add([key], SystemRandomSource.Instance);
        }

        Report(run);
        if (hadOne) run.Output.Text("An old copy of vault.json still opens with the old passphrase. If somebody may have both, change the secrets too.");
        return Task.FromResult(ExitCode.Ok);
    }
}

/// <summary>key keyfile VAULT FILE</summary>
internal sealed class KeyFileCommand : KeyCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "Where the key file goes; one that is there already is taken as it is." };

    public KeyFileCommand()
        : base("keyfile", "Let a key file open this folder too.", "mirord key keyfile ~/vault ~/vault.key") => Arguments.Add(_file);

    protected override Task<int> RunAsync(CommandRun run)
    {
        string path = run.Get(_file);
        Secrets.RefuseInside(path, run.Get(Folder));
        using var change = Begin(run);
        change.Add([], path, SystemRandomSource.Instance);
        Report(run);
        run.Output.Text($"{path} opens the vault without a passphrase: keep it where only you can read it.");
        return Task.FromResult(ExitCode.Ok);
    }
}

/// <summary>key remove VAULT KEY</summary>
internal sealed class KeyRemoveCommand : KeyCommand
{
    private readonly Argument<string> _key = new("KEY") { Description = "passphrase, or the id of a key file as key list shows it, or its beginning." };

    public KeyRemoveCommand()
        : base("remove", "Let a passphrase or a key file not open this folder any more.", "mirord key remove ~/vault 5f0c21aa --key-file ~/new.key") => Arguments.Add(_key);

    protected override Task<int> RunAsync(CommandRun run)
    {
        string wanted = run.Get(_key);
        using var change = Begin(run);
        var found = change.Slots.Where(s => KeyRow.IsMeant(s, wanted)).ToList();
        if (found.Count != 1)
            throw new CommandFailure(SyncErrors.UsageWrong, found.Count == 0 ? $"No key '{wanted}' opens this vault" : $"{found.Count} keys begin with '{wanted}'", "List them: mirord key list VAULT");
        if (change.Slots.Count == 1) throw new CommandFailure(SyncErrors.UsageWrong, "This is the only key, and without it nobody could open the vault", "Add another one first: mirord key keyfile VAULT FILE");
        change.Remove(found, SystemRandomSource.Instance);
        Report(run);
        run.Output.Text("An old copy of vault.json still opens with it. If somebody may have both, change the secrets too.");
        return Task.FromResult(ExitCode.Ok);
    }
}
