using static SyncModule.SyncErrorCategory;

namespace SyncModule;

/// <summary>Every error id of the product, in one place. <c>docs/errors.md</c> lists the same ids; a test compares them.</summary>
public static class SyncErrors
{
    // Unlocking
    public static readonly SyncErrorKind VaultLocked = new("VaultLocked", Authentication, "No key was given and nothing may be asked for.", "Give --key-file or --passphrase-file, or set SYNCMODULE_KEYFILE.");
    public static readonly SyncErrorKind WrongPassphrase = new("WrongPassphrase", Authentication, "The passphrase opens no slot of this vault.", "Try again; a key file that opens it works too (--key-file).");
    public static readonly SyncErrorKind WrongKeyFile = new("WrongKeyFile", Authentication, "The key file belongs to another vault, or its slot was removed.", "Give the key file that was made for this folder.");
    public static readonly SyncErrorKind KeyFileExposed = new("KeyFileExposed", Authentication, "Others on this machine can read the key file.", "Run: chmod 600 on the key file, then try again.");
    public static readonly SyncErrorKind KeyFileInvalid = new("KeyFileInvalid", Authentication, "The file is no key file.", "Give a file that was written by SyncModule as a key file.");

    // The folder
    public static readonly SyncErrorKind VaultNotFound = new("VaultNotFound", Usage, "There is no vault in that folder.", "Check the path, or make one: mirord init VAULT --device NAME.");
    public static readonly SyncErrorKind VaultExists = new("VaultExists", Usage, "A vault is there already.", "Choose an empty folder.");
    public static readonly SyncErrorKind FolderNotEmpty = new("FolderNotEmpty", Usage, "The folder for a new vault holds other files.", "Choose an empty or new folder.");
    public static readonly SyncErrorKind VaultDamaged = new("VaultDamaged", Integrity, "vault.json cannot be read.", "Restore vault.json from a copy, or join again from another device.");
    public static readonly SyncErrorKind FormatUnknown = new("FormatUnknown", Integrity, "The vault was written by a newer version.", "Update SyncModule on this machine.");
    public static readonly SyncErrorKind NewerVersionNeeded = new("NewerVersionNeeded", Integrity, "The vault's membership has operations that this version does not know; writing is off.", "Update SyncModule on this machine.");
    public static readonly SyncErrorKind NetworkFileSystem = new("NetworkFileSystem", Usage, "Vaults do not live on network file systems: their locks and flushes cannot be trusted.", "Choose a folder on a local disk and sync between machines instead.");
    public static readonly SyncErrorKind VaultReadOnly = new("VaultReadOnly", Resource, "The folder cannot be written.", "Check the owner, the permissions and whether the disk is mounted read-only.");
    public static readonly SyncErrorKind VaultBusy = new("VaultBusy", Resource, "Another process has held the vault's lock for too long.", "Wait for it to end, or look for a process that hangs.");
    public static readonly SyncErrorKind VaultKeysChanged = new("VaultKeysChanged", Resource, "Another process changed the keys of the vault at the same moment.", "Run the command again, with a key that opens the vault now.");

    // Disk
    public static readonly SyncErrorKind DiskFull = new("DiskFull", Resource, "The disk is full; nothing that was acknowledged is lost.", "Free some space and run the command again.");
    public static readonly SyncErrorKind DiskFailed = new("DiskFailed", Resource, "The disk reported an error while writing; nothing was acknowledged.", "Check the disk (dmesg, smartctl), then run the command again.");
    public static readonly SyncErrorKind LogDamaged = new("LogDamaged", Integrity, "Part of the commit log is damaged.", "Run: mirord verify VAULT, then mirord repair VAULT --from PEER.");
    public static readonly SyncErrorKind ObjectDamaged = new("ObjectDamaged", Integrity, "Stored bytes do not match their address.", "Run: mirord repair VAULT --from PEER.");
    public static readonly SyncErrorKind IndexDamaged = new("IndexDamaged", Integrity, "The index cannot be used; it can be made again from the log.", "Run: mirord repair VAULT.");
    public static readonly SyncErrorKind LocalStateDamaged = new("LocalStateDamaged", Integrity, "local.db cannot be used.", "Run: mirord repair VAULT; peers then have to be added again.");
    public static readonly SyncErrorKind NativeLibraryMissing = new("NativeLibraryMissing", Resource, "A native library that SyncModule needs is not on this machine.", "Install it: apt-get install -y libsodium23 libzstd1 (Debian, Ubuntu), brew install libsodium zstd (macOS).");
    public static readonly SyncErrorKind MemoryShort = new("MemoryShort", Resource, "There is not enough memory to derive the key.", "Close other programs, then try again.");

    // Items
    public static readonly SyncErrorKind ItemNotFound = new("ItemNotFound", Usage, "There is no such item.", "List the names: mirord ls VAULT.");
    public static readonly SyncErrorKind VersionNotFound = new("VersionNotFound", Usage, "The item has no such version.", "List the versions: mirord history VAULT KEY.");
    public static readonly SyncErrorKind ContentNotHere = new("ContentNotHere", Transfer, "The item is known, but its bytes have not arrived yet.", "Sync with a device that has them: mirord sync VAULT PEER.");
    public static readonly SyncErrorKind NameInvalid = new("NameInvalid", Usage, "The name cannot be used.", "Use 1 to 4,096 bytes of UTF-8 without NUL.");
    public static readonly SyncErrorKind ValueTooLarge = new("ValueTooLarge", Usage, "The value is larger than this command takes.", "Put it from a file: mirord put VAULT KEY --file F.");
    public static readonly SyncErrorKind NotOwner = new("NotOwner", Usage, "Another device owns the item; only that one may change it.", "Change it there, or have it handed over: mirord collection own VAULT NAME.");
    public static readonly SyncErrorKind NotStructured = new("NotStructured", Usage, "The value is no object with fields.", "Put a JSON object first: mirord put VAULT KEY --fields --value JSON.");
    public static readonly SyncErrorKind NotACounter = new("NotACounter", Usage, "The field is no counter, or the step is none.", "Set it to a whole number first.");
    public static readonly SyncErrorKind NotASet = new("NotASet", Usage, "The field is no set.", "Remove the field, or set it to a short list first.");
    public static readonly SyncErrorKind FieldStaysLocal = new("FieldStaysLocal", Usage, "The collection has fields that stay on each device, and what was asked for would send one.", "Store it field by field (mirord put VAULT KEY --fields), and such fields as plain values.");
    public static readonly SyncErrorKind CollectionDerived = new("CollectionDerived", Usage, "The collection is computed on each device and never sent, so nothing else is written into it.", "Compute it: mirord collection rebuild VAULT NAME.");
    public static readonly SyncErrorKind CollectionNotDerived = new("CollectionNotDerived", Usage, "The collection is not one that is computed on each device.", "Say first that it is: mirord collection set VAULT NAME --derived.");
    public static readonly SyncErrorKind CollectionHasItems = new("CollectionHasItems", Usage, "The collection holds items that were written and sent, so it cannot become one that is computed on each device.", "Take another name, or delete its items first: mirord rm VAULT KEY --collection NAME.");
    public static readonly SyncErrorKind CommandFailed = new("CommandFailed", Usage, "The command that computes a collection did not end well; the content is as it was.", "Run it alone to see what it says, then again.");
    public static readonly SyncErrorKind TooManyVersions = new("TooManyVersions", Usage, "The item has so many competing versions that one has to be chosen first.", "Choose one: mirord resolve VAULT KEY --select VERSION.");
    public static readonly SyncErrorKind NothingToResolve = new("NothingToResolve", Usage, "The item has no versions that compete.", "See mirord merge VAULT.");
    public static readonly SyncErrorKind TokenInvalid = new("TokenInvalid", Usage, "That is no token of this vault's state.", "Copy the whole token that status gave on a device of this vault.");

    // Transactions
    public static readonly SyncErrorKind TransactionTooLarge = new("TransactionTooLarge", Usage, "The transaction is larger than one commit can be; nothing was written.", "Make several of it; values over 4 KiB do not count, and an import takes any number of files.");
    public static readonly SyncErrorKind TransactionNested = new("TransactionNested", Usage, "A transaction on this vault is open already, and one holds no other.", "Leave the inner one out: what it does belongs to the outer one.");
    public static readonly SyncErrorKind NotInTransaction = new("NotInTransaction", Usage, "That cannot be part of a transaction.", "Do it before the transaction, or behind it.");
    public static readonly SyncErrorKind LineInvalid = new("LineInvalid", Usage, "A line of the file is no operation; nothing was written.", "Mend the line, then apply the file again; mirord apply --help shows the form.");

    // Maintenance
    public static readonly SyncErrorKind PruneBlocked = new("PruneBlocked", Resource, "Commits wait here for others that have not come, so nothing can be taken from this disk.", "Sync with a device that has what is missing here, then try again.");
    public static readonly SyncErrorKind HistoryPruned = new("HistoryPruned", Usage, "What was before that time was pruned on this device.", "Give a later time, or ask a device that has kept its history.");

    public static readonly SyncErrorKind ConflictWaits = new("ConflictWaits", Usage, "Versions of the item compete, and its policy leaves it to a person which one stands.", "Decide: mirord resolve VAULT KEY --select VERSION; read one with mirord get VAULT KEY --version VERSION.");
    public static readonly SyncErrorKind ItemExists = new("ItemExists", Usage, "The item is there already, and the policy of its collection keeps the first version.", "Give another name, or write over it: mirord put VAULT KEY --overwrite.");
    public static readonly SyncErrorKind PolicyInvalid = new("PolicyInvalid", Usage, "The policy cannot be set like that.", "See mirord collection set --help.");

    // Files
    public static readonly SyncErrorKind FileNotFound = new("FileNotFound", Usage, "There is no such file or folder.", "Check the path.");
    public static readonly SyncErrorKind FileExists = new("FileExists", Usage, "A file is there already; it was not overwritten.", "Give another path.");
    public static readonly SyncErrorKind FileUnreadable = new("FileUnreadable", Resource, "A file could not be read; the others were imported.", "Check its permissions, then import again.");
    public static readonly SyncErrorKind FileUnwritable = new("FileUnwritable", Resource, "A file could not be written; the others were exported.", "Check the permissions of its folder, then export again.");
    public static readonly SyncErrorKind FileChanging = new("FileChanging", Resource, "A file kept changing while it was read.", "Close the program that writes it, then import again.");
    public static readonly SyncErrorKind NameUnsafe = new("NameUnsafe", Usage, "A name would leave the export folder or cannot be a file here; it was not written.", "Export it alone: mirord get VAULT KEY --out F.");
    public static readonly SyncErrorKind PathOutside = new("PathOutside", Usage, "A file of a list lies outside of the folder that names are relative to; its last name alone would mix folders.", "Name that folder, or go to it first.");
    public static readonly SyncErrorKind LocalChanges = new("LocalChanges", Usage, "A file was changed since it was last imported or exported; it was not overwritten.", "Import it first, or export with --overwrite.");

    // Peers and the wire
    public static readonly SyncErrorKind PeerUnreachable = new("PeerUnreachable", Transfer, "The peer did not answer.", "Check that mirord serve runs there and that the address is right.");
    public static readonly SyncErrorKind PeerUnknown = new("PeerUnknown", Usage, "No peer has that name.", "Add it: mirord peer add VAULT NAME ADDR.");
    public static readonly SyncErrorKind HandshakeRefused = new("HandshakeRefused", Authentication, "The peer ended the handshake: it has another vault, or does not know this device.", "Check the address; join this vault with an invite if this device is new.");
    public static readonly SyncErrorKind NotAMember = new("NotAMember", Authentication, "The device at the other end is not a member of this vault.", "Pair it with an invite: mirord invite VAULT --listen ADDR:PORT.");
    public static readonly SyncErrorKind NotCurrent = new("NotCurrent", Protocol, "The vault has no current epoch.", "Wait until a member has rotated the keys: mirord key rotate VAULT.");
    public static readonly SyncErrorKind VersionMismatch = new("VersionMismatch", Protocol, "The two ends have no protocol version in common.", "Update the older one.");
    public static readonly SyncErrorKind CapabilityRequired = new("CapabilityRequired", Protocol, "The peer requires a capability that this version does not have.", "Update SyncModule on this machine.");
    public static readonly SyncErrorKind ProtocolViolation = new("ProtocolViolation", Protocol, "The peer sent bytes that the protocol does not allow.", "Check the versions on both machines; if they are the same, report it.");
    public static readonly SyncErrorKind MessageTooLarge = new("MessageTooLarge", Protocol, "The peer announced a message over the limit.", "Check the versions on both machines; if they are the same, report it.");
    public static readonly SyncErrorKind SessionLost = new("SessionLost", Transfer, "The connection ended before the sync was complete; what arrived is kept.", "Run the sync again: it resumes.");
    public static readonly SyncErrorKind SessionTimeout = new("SessionTimeout", SyncErrorCategory.Timeout, "The peer made no progress for too long.", "Run the sync again: it resumes.");
    public static readonly SyncErrorKind StateDiverged = new("StateDiverged", Integrity, "Two devices hold the same operations but computed different states.", "Run mirord verify VAULT on both and report it.");
    public static readonly SyncErrorKind AddressInvalid = new("AddressInvalid", Usage, "That is no address.", "Write HOST, HOST:PORT or [IPv6]:PORT.");
    public static readonly SyncErrorKind AddressUnavailable = new("AddressUnavailable", Resource, "That address cannot be listened on.", "Choose another port (0 = any), or an address of this machine.");

    // Pairing
    public static readonly SyncErrorKind InviteInvalid = new("InviteInvalid", Usage, "That is no invite, or it was cut while copying.", "Copy the whole line again.");
    public static readonly SyncErrorKind InviteExpired = new("InviteExpired", Authentication, "The invite has expired.", "Make a new one: mirord invite VAULT --listen ADDR:PORT.");
    public static readonly SyncErrorKind InviteUsed = new("InviteUsed", Authentication, "The invite was used by another device, or revoked.", "Make a new one: mirord invite VAULT --listen ADDR:PORT.");

    // The module
    public static readonly SyncErrorKind VaultNotSpecified = new("VaultNotSpecified", Usage, "No vault was named and none is the default.", "Name one with -Vault, or make one the default: Set-SyncVault NAME -Default.");
    public static readonly SyncErrorKind VaultUnknown = new("VaultUnknown", Usage, "No vault of this user has that name.", "List them: Get-SyncVault; add a folder: Register-SyncVault NAME -Path FOLDER.");
    public static readonly SyncErrorKind VaultNameTaken = new("VaultNameTaken", Usage, "Another vault of this user has that name.", "Choose another name, or forget the old one: Unregister-SyncVault NAME.");
    public static readonly SyncErrorKind VaultNameInvalid = new("VaultNameInvalid", Usage, "That cannot be the name of a vault.", "Use 1 to 64 letters, digits, '.', '-' or '_', not '.' first.");
    public static readonly SyncErrorKind VaultListDamaged = new("VaultListDamaged", Integrity, "vaults.json, the list of this user's vaults, cannot be read.", "Mend or delete the file, then add each folder again: Register-SyncVault NAME -Path FOLDER.");
    public static readonly SyncErrorKind NameAmbiguous = new("NameAmbiguous", Usage, "Several items have that name in different cases.", "Write the name exactly as Get-SyncItem shows it.");
    public static readonly SyncErrorKind ValueUnsupported = new("ValueUnsupported", Usage, "A value of that kind cannot be stored.", "Store text, bytes, a SecureString, a PSCredential, or hashtables, lists and objects made of such values.");
    public static readonly SyncErrorKind ValueNotText = new("ValueNotText", Usage, "The bytes are no text in UTF-8.", "Read the bytes with -AsByteStream, or name the encoding with -Encoding.");
    public static readonly SyncErrorKind ModuleVersionLoaded = new("ModuleVersionLoaded", Resource, "Another copy of SyncModule is loaded in this process, and .NET cannot unload it.", "Start a new PowerShell.");
    public static readonly SyncErrorKind WaitTimeout = new("WaitTimeout", SyncErrorCategory.Timeout, "The time was over before the wait was.", "Wait longer with -TimeoutSec, or look at Get-SyncStatus.");

    // Schedules
    public static readonly SyncErrorKind ScheduleExists = new("ScheduleExists", Usage, "The vault has a schedule already.", "Change it with -Force, or take it away first: Unregister-SyncSchedule NAME.");
    public static readonly SyncErrorKind ScheduleNotFound = new("ScheduleNotFound", Usage, "There is no such schedule.", "List them: Get-SyncSchedule.");
    public static readonly SyncErrorKind ScheduleDamaged = new("ScheduleDamaged", Integrity, "The record of a schedule cannot be read.", "Delete the file, then register the schedule again: Register-SyncSchedule.");
    public static readonly SyncErrorKind ScheduleNeedsKeyFile = new("ScheduleNeedsKeyFile", Authentication, "A scheduled sync can ask nobody for a passphrase.", "Give -KeyFile FILE, or make one for the vault: Set-SyncVault NAME -NewKeyFile FILE.");
    public static readonly SyncErrorKind ScheduleUnavailable = new("ScheduleUnavailable", Resource, "The system's scheduler did not do as it was told.", "Look at what it said; Register-SyncSchedule -WhatIf prints the files for another scheduler.");

    // The command line
    public static readonly SyncErrorKind UsageWrong = new("UsageWrong", Usage, "The command line cannot be understood.", "See mirord --help.");
    public static readonly SyncErrorKind Interrupted = new("Interrupted", Usage, "The command was interrupted; nothing is lost.", "Run it again to go on.");
    public static readonly SyncErrorKind DemoFailed = new("DemoFailed", Integrity, "The demonstration found something that is not as it has to be.", "Report it with this message and what mirord demo printed.");
    public static readonly SyncErrorKind InternalError = new("InternalError", Integrity, "Something happened that should not.", "Report it with the command and this message.");

    /// <summary>All kinds, sorted by id.</summary>
    public static IReadOnlyList<SyncErrorKind> All { get; } =
        [.. typeof(SyncErrors).GetFields().Where(f => f.FieldType == typeof(SyncErrorKind)).Select(f => (SyncErrorKind)f.GetValue(null)!).OrderBy(k => k.Id, StringComparer.Ordinal)];
}
