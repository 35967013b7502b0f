namespace SyncModule.Commands.Errors;

/// <summary>What to type next, in PowerShell. Kinds that are not here have a step that names no program.</summary>
internal static class NextSteps
{
    private static readonly Dictionary<SyncErrorKind, string> Steps = new()
    {
        [SyncErrors.VaultLocked] = "Unlock it: Unlock-SyncVault; unattended, give -KeyFile or set SYNCMODULE_KEYFILE.",
        [SyncErrors.WrongPassphrase] = "Try again; a key file that opens the vault works too: -KeyFile FILE.",
        [SyncErrors.VaultNotFound] = "Check the path, or make a vault: New-SyncVault NAME.",
        [SyncErrors.VaultBusy] = "Wait for it to end; what syncs in the background ends with Stop-Job (see Get-Job).",
        [SyncErrors.LogDamaged] = "Run Test-SyncVault, then Repair-SyncVault -From PEER.",
        [SyncErrors.ObjectDamaged] = "Run Repair-SyncVault -From PEER.",
        [SyncErrors.IndexDamaged] = "Run Repair-SyncVault.",
        [SyncErrors.LocalStateDamaged] = "Run Repair-SyncVault; peers then have to be added again.",
        [SyncErrors.ItemNotFound] = "List the names: Get-SyncItem.",
        [SyncErrors.VersionNotFound] = "List the versions: Get-SyncHistory NAME.",
        [SyncErrors.ContentNotHere] = "Sync with a device that has them: Start-VaultSync.",
        [SyncErrors.ValueTooLarge] = "Write it to a file: -OutFile FILE; or bring it in from one: Import-SyncItem FILE.",
        [SyncErrors.NotStructured] = "Store an object first: Set-SyncItem NAME @{ field = 'value' } -Fields.",
        [SyncErrors.FieldStaysLocal] = "Store it field by field (Set-SyncItem -Fields), and such fields as plain values (-Patch).",
        [SyncErrors.CollectionDerived] = "Compute it: Update-SyncCollection NAME -ScriptBlock { … }.",
        [SyncErrors.CollectionNotDerived] = "Say first that it is: Set-SyncCollection NAME -Derived.",
        [SyncErrors.CollectionHasItems] = "Take another name, or delete its items first: Remove-SyncItem * -Collection NAME.",
        [SyncErrors.NotOwner] = "Change it there, or have it handed over: Set-SyncOwner COLLECTION UNIT -To DEVICE.",
        [SyncErrors.ConflictWaits] = "Decide: Resolve-SyncMerge NAME -Select VERSION; read one with Get-SyncValue NAME -Version VERSION.",
        [SyncErrors.ItemExists] = "Give another name, or write over it: Set-SyncItem NAME -Overwrite.",
        [SyncErrors.PolicyInvalid] = "See Get-Help Set-SyncCollection.",
        [SyncErrors.NothingToResolve] = "See Get-SyncMerge.",
        [SyncErrors.TooManyVersions] = "Resolve it first: Resolve-SyncMerge NAME.",
        [SyncErrors.TokenInvalid] = "Copy the whole token: (Get-SyncStatus).Token, on a device of this vault.",
        [SyncErrors.TransactionTooLarge] = "Make several of it; values over 4 KiB do not count, and Import-SyncItem takes any number of files.",
        [SyncErrors.LineInvalid] = "Mend the line, then apply the file again.",
        [SyncErrors.PruneBlocked] = "Sync with a device that has what is missing here (Start-VaultSync), then try again.",
        [SyncErrors.PeerUnreachable] = "Check that the peer runs and listens (there: Start-VaultSync -Follow -Listen 0.0.0.0) and that its address is right (here: Get-SyncPeer).",
        [SyncErrors.PeerUnknown] = "Add it: Add-SyncPeer NAME -Address ADDRESS; or let it connect here: Start-VaultSync -Follow -Listen 0.0.0.0.",
        [SyncErrors.NotAMember] = "Pair it with an invite: New-SyncInvite there, Connect-SyncVault here.",
        [SyncErrors.InviteExpired] = "Make a new one: New-SyncInvite.",
        [SyncErrors.InviteUsed] = "Make a new one: New-SyncInvite.",
        [SyncErrors.UsageWrong] = "See Get-Help for the command.",
        [SyncErrors.LocalChanges] = "Import it first: Import-SyncItem; or replace it: Export-SyncItem -Overwrite.",
        [SyncErrors.PathOutside] = "Say which folder its name is relative to: -Root FOLDER.",
        [SyncErrors.NameUnsafe] = "Read it with Get-SyncValue NAME -OutFile FILE.",
    };

    public static string For(SyncException e) => e.OwnNextStep ?? For(e.Kind);

    public static string For(SyncErrorKind kind) => Steps.TryGetValue(kind, out string? step) ? step : kind.NextStep;
}
