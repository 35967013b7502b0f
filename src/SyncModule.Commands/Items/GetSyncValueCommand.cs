using System.Management.Automation;
using SyncModule.Commands.Transactions;
using SyncModule.Commands.Values;
using SyncModule.Commands.Vaults;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Files;

namespace SyncModule.Commands.Items;

/// <summary>Get-SyncValue: the values of items, as they were stored. Text comes as a SecureString unless plain text is asked for.</summary>
[Cmdlet(VerbsCommon.Get, "SyncValue", DefaultParameterSetName = ValueSet)]
[OutputType(typeof(object), ParameterSetName = [ValueSet])]
[OutputType(typeof(byte), ParameterSetName = [StreamSet])]
[OutputType(typeof(FileInfo), ParameterSetName = [FileSet])]
public sealed class GetSyncValueCommand : ItemCmdlet
{
    private const string ValueSet = "Value", FileSet = "OutFile", StreamSet = "AsByteStream";
    private const long MostBytes = 64 << 20;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.ItemNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Text and SecureStrings as a string.</summary>
    [Parameter(ParameterSetName = ValueSet)]
    public SwitchParameter AsPlainText { get; set; }

    /// <summary>Writes the bytes to this file, 0600, which appears whole or not at all.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FileSet)]
    [ValidateNotNullOrEmpty]
    public string OutFile { get; set; } = "";

    /// <summary>The bytes, one by one.</summary>
    [Parameter(Mandatory = true, ParameterSetName = StreamSet)]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>A version of Get-SyncHistory instead of the one that stands.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.VersionCompleter))]
    public string? Version { get; set; }

    /// <summary>The value as it was then.</summary>
    [Parameter]
    public DateTime? At { get; set; }

    private protected override TransactionUse InTransaction => TransactionUse.TakesPart;

    protected override void Process()
    {
        if (At is not null && Version is not null) throw SyncErrors.UsageWrong.With("-At and -Version both say which version");
        var open = AsOf(Open(), At);
        foreach (var item in Named(open, Name, deleted: Version is not null)) Try(item.Key, () => Write(open, item));
    }

    private void Write(OpenVault open, KeyState item)
    {
        Subject = item.Key;
        var (value, metadata) = Content(open, item);
        // Before the first byte is written: half a value looks like a whole one.
        if (!open.View.IsHere(value)) throw SyncErrors.ContentNotHere.With($"'{item.Key}' is known, but not all of its bytes have arrived");
        switch (ParameterSetName)
        {
            case FileSet:
                string path = ToPath(OutFile);
                AtomicFile.Write(path, output => Copy(open, value, output));
                WriteObject(new FileInfo(path));
                break;
            case StreamSet:
                foreach (byte[] piece in open.View.ReadValue(value)) WriteObject(piece, enumerateCollection: true);
                break;
            default:
                WriteObject(Decode(open, item, value, metadata), enumerateCollection: false);
                break;
        }
    }

    private (ItemValue Value, Metadata? Metadata) Content(OpenVault open, KeyState item)
    {
        if (Version is not null)
        {
            var operation = open.Vault.FindVersion(Collection, item.Key, Version).Operation;
            return (Engine.Vaults.Vault.ValueOf(operation, Version), operation.Metadata);
        }

        var winner = View.Of(item).Winner;
        return (open.View.ValueOf(item), winner?.Metadata);
    }

    private object Decode(OpenVault open, KeyState item, ItemValue value, Metadata? metadata)
    {
        if (metadata?.Text(Metadata.TargetKey) is { } target) return target;
        if (value.Length > MostBytes) throw SyncErrors.ValueTooLarge.With($"'{item.Key}' has {value.Length:N0} bytes");
        using var buffer = new MemoryStream(checked((int)value.Length));
        Copy(open, value, buffer);
        // Fields that were written from the command line say no kind of their own.
        string? kind = metadata?.Text(ValueKind.MetadataKey) ?? (Version is null && StructuredItem.IsStructured(item) ? ValueKind.Map : null);
        object decoded = ValueCodec.Decode(kind, buffer.ToArray(), AsPlainText);
        return AsPlainText && decoded is System.Security.SecureString secret ? SecureText.Use(secret, characters => characters.ToString()) : decoded;
    }

    private void Copy(OpenVault open, ItemValue value, Stream output)
    {
        foreach (byte[] piece in open.View.ReadValue(value))
        {
            StopToken.ThrowIfCancellationRequested();
            output.Write(piece);
        }
    }
}
