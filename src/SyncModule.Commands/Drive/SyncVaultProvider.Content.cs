using System.Management.Automation;
using System.Management.Automation.Provider;
using System.Text;
using SyncModule.Commands.Items;
using SyncModule.Commands.Transactions;
using SyncModule.Commands.Values;
using SyncModule.Commands.Vaults;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Commands.Drive;

/// <summary>What Get-Content takes in a SyncVault: drive besides its own parameters.</summary>
public sealed class DriveReadParameters
{
    /// <summary>Text, SecureStrings and byte arrays as lines of text; without it the former are a SecureString. A file is text anyway.</summary>
    [Parameter]
    public SwitchParameter AsPlainText { get; set; }

    /// <summary>Text as one string, with -AsByteStream all bytes as one array.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>The bytes, one by one.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>How bytes are to be read as text; UTF-8 or what a byte order mark says when not given.</summary>
    [Parameter]
    [EncodingName]
    public Encoding? Encoding { get; set; }
}

/// <summary>What Set-Content and Add-Content take.</summary>
public sealed class DriveWriteParameters
{
    /// <summary>The values are bytes.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>Nothing between and behind the values.</summary>
    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    /// <summary>How a file's text is written; UTF-8, or as the file begins, when not given. Other values know no encoding.</summary>
    [Parameter]
    [EncodingName]
    public Encoding? Encoding { get; set; }
}

/// <content>Get-Content and Set-Content.</content>
public sealed partial class SyncVaultProvider
{
    private const long MostBytes = 64 << 20;

    /// <summary>Null when there is an error, which is written: Get-Content goes on with the next path.</summary>
    public IContentReader? GetContentReader(string path)
    {
        DriveContentReader? reader = null;
        Guard(path, at =>
        {
            if (at.IsRoot || at.IsVault) throw SyncErrors.UsageWrong.With($"{at} is no item");
            var parameters = DynamicParameters as DriveReadParameters ?? new();
            With(Need(at), (open, list) =>
            {
                string name = list.Item(at.Key) ?? throw SyncErrors.ItemNotFound.With($"There is no item '{at.Key}'");
                var item = open.Vault.Find(ItemCmdlet.DefaultCollection, name)!;
                reader = DriveContentReader.Of(name, View.Of(item).Winner?.Metadata, Bytes(open, name, open.Vault.ValueOf(item)), parameters);
            });
        });
        return reader;
    }

    public object GetContentReaderDynamicParameters(string path) => new DriveReadParameters();

    /// <summary>Null when there is an error, which is written.</summary>
    public IContentWriter? GetContentWriter(string path)
    {
        DriveContentWriter? writer = null;
        Guard(path, at =>
        {
            if (at.IsRoot || at.IsVault) throw SyncErrors.UsageWrong.With($"{at} is no item");
            Engine.Vaults.ItemName.Check(at.Key);
            var known = Need(at);
            OpenTransactions.Refuse(known, "what the drive writes");
            var parameters = DynamicParameters as DriveWriteParameters ?? new();
            writer = new(parameters, (content, append) =>
            {
                // A pipeline that was stopped has brought a part, which nobody wanted to store.
                if (!Stopping) Guard(path, _ => With(known, (open, list) => Write(open, list.Item(at.Key) ?? at.Key, content, append)));
            });
        });
        return writer;
    }

    public object GetContentWriterDynamicParameters(string path) => new DriveWriteParameters();

    /// <summary>Set-Content asks for it before it writes, and goes on when it cannot be had: an empty version in between would be one that nobody wrote.</summary>
    public void ClearContent(string path) => throw new PSNotSupportedException("An item is not emptied: Set-Content gives it another value, Remove-Item deletes it.");

    public object? ClearContentDynamicParameters(string path) => null;

    // What an import brought stays a file, with the permissions it has: an export gives it back as one.
    private static void Write(OpenVault open, string name, DriveContent content, bool append)
    {
        var standing = Standing(open, name);
        if (DriveText.IsImported(standing?.Metadata))
        {
            byte[] old = append ? Bytes(open, name, standing!.Value!) : [];
            using var bytes = new MemoryStream(content.FileAfter(old), writable: false);
            open.Vault.Put(ItemCmdlet.DefaultCollection, name, bytes, ItemMetadata.OfChangedFile(standing!.Metadata!, open.Vault.Time.GetUtcNow()));
            return;
        }

        object value = append && standing is not null
            ? content.After(ValueCodec.Decode(standing.Metadata?.Text(ValueKind.MetadataKey), Bytes(open, name, standing.Value!), asPlainText: true))
            : content.Value;
        ItemWriter.Put(open, ItemCmdlet.DefaultCollection, name, ValueCodec.Encode(value), metadata: null);
    }

    private static Head? Standing(OpenVault open, string name) =>
        open.Vault.Find(ItemCmdlet.DefaultCollection, name) is { } item && View.Of(item) is { Status: ItemStatus.Item, Winner: { Value: not null } winner } ? winner : null;

    private static byte[] Bytes(OpenVault open, string name, ItemValue value)
    {
        if (!open.Vault.IsHere(value)) throw SyncErrors.ContentNotHere.With($"'{name}' is known, but not all of its bytes have arrived");
        if (value.Length > MostBytes) throw SyncErrors.ValueTooLarge.With($"'{name}' has {value.Length:N0} bytes");
        using var buffer = new MemoryStream(checked((int)value.Length));
        foreach (byte[] piece in open.Vault.ReadValue(value)) buffer.Write(piece);
        return buffer.ToArray();
    }
}
