using System.Globalization;
using System.Text;
using System.Text.Json;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// An item and its versions beside each other, for a terminal of 80 columns: who wrote each, when, what it says of each field, which stands and why; then what was decided
/// before. The same in every face of the product. Values of one piece are told by their form only, for they may be secrets; fields are shown, those of secrets are not.
/// </summary>
public sealed class SideBySide
{
    private const int Columns = 80, Narrowest = 17, Widest = 26, MostFields = 12, MostDecided = 5;

    private readonly Vault _vault;
    private readonly KeyState _state;
    private readonly IReadOnlyList<MergeRecord> _records;
    private readonly StringBuilder _text = new();

    private SideBySide(Vault vault, KeyState state, IReadOnlyList<MergeRecord> records) => (_vault, _state, _records) = (vault, state, records);

    /// <summary>Lines end in \n.</summary>
    /// <param name="vault">Whose item it is.</param>
    /// <param name="state">As it shows.</param>
    /// <param name="records">Its own, in their order.</param>
    public static string Of(Vault vault, KeyState state, IReadOnlyList<MergeRecord> records)
    {
        var page = new SideBySide(vault, state, records);
        page.Write();
        return page._text.ToString();
    }

    private void Write()
    {
        if (_state.Key.Length == 0) Line("settings of the collection " + Printable.Of(_state.Collection));
        else Head();
        var open = _records.Where(r => r.State == MergeState.Open).ToList();
        if (open.Count == 0) Line(_records.Count == 0 ? "no versions ever competed" : "no versions compete now");
        else Compare(open);
        Decided(_records.Where(r => r.State == MergeState.Settled).ToList());
    }

    private void Head()
    {
        var view = View.Of(_state);
        string shows = view.Status switch
        {
            ItemStatus.Conflict => "waits for a person",
            ItemStatus.Deleted => view.Winner is { } gone ? "deleted by " + Name(gone.Device) : "deleted",
            _ => StructuredItem.IsStructured(_state) ? "an object, each field by its last version" : "shows the version of " + Name(view.Winner!.Device),
        };
        Line($"{Printable.Of(_state.Key)} in {Printable.Of(_state.Collection)}: {shows}");
        var policy = _vault.PolicyOf(_state.Collection).For(_state.Key);
        Line(policy.IsKnown
            ? $"policy: {policy.DisplayName}{(policy.Authority is { } authority ? " of " + Name(authority) : "")}"
            : string.Create(CultureInfo.InvariantCulture, $"PolicyUnknown: its policy '{Printable.Of(policy.Name)}' version {policy.Version} is not known here; the default shows"));
    }

    private void Compare(List<MergeRecord> open)
    {
        var versions = open.SelectMany(r => r.Heads).DistinctBy(h => h.Dot).OrderBy(h => h.Timestamp).ThenBy(h => h.Device).ThenBy(h => h.Dot).Select(h => (Version: h, Operation: OperationOf(h.Dot))).ToList();
        string[] fields = [.. versions.SelectMany(v => v.Operation?.Cells ?? []).Select(c => c.Path).Concat(open.Select(r => r.Path)).Where(p => p.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        int label = Math.Clamp(fields.Select(f => f.Length).DefaultIfEmpty(0).Max() + 2, 10, 24);
        int across = Math.Max(1, (Columns - label) / Narrowest);
        for (int first = 0; first < versions.Count; first += across)
        {
            var some = versions.GetRange(first, Math.Min(across, versions.Count - first));
            int width = Math.Min(Widest, (Columns - label) / some.Count);
            void Row(string name, Func<(MergeVersion Version, Operation? Operation), string> cell) =>
                Line(Fit(name, label) + string.Concat(some.Select(v => Fit(cell(v), width))).TrimEnd());
            _text.Append('\n');
            Row("version", v => VersionId.Of(v.Version.Dot));
            Row("device", v => Name(v.Version.Device));
            Row("day", v => Time(v.Version, "yyyy-MM-dd"));
            Row("time", v => Time(v.Version, "HH:mm:ss.fff") + (v.Version.Timestamp.Counter > 0 ? string.Create(CultureInfo.InvariantCulture, $" +{v.Version.Timestamp.Counter}") : ""));
            Row("change", v => KindOf(v.Version.Kind));
            if (versions.Any(v => v.Operation?.Value is not null || !IsAlive(v.Version, v.Operation))) Row("value", v => Whole(v.Version, v.Operation));
            foreach (string field in fields.Take(MostFields)) Row(Printable.Of(field), v => Field(v.Operation, field));
            if (open.Any(r => r.Path.Length == 0)) Row("stands", v => Stands(open.First(r => r.Path.Length == 0), v.Version));
        }

        if (fields.Length > MostFields) Line(string.Create(CultureInfo.InvariantCulture, $"and {fields.Length - MostFields} more fields"));
        _text.Append('\n');
        foreach (var record in open)
        {
            string what = record.Path.Length == 0 ? "the item" : Printable.Of(record.Path);
            var winner = record.Heads.First(h => h.Dot == record.Winner);
            string why = record.IsWaiting || record.Rule == MergeRule.FieldMerge ? Explanation.Reason(record, _vault.DeviceName) : $"{Name(winner.Device)}'s stands, {Explanation.Reason(record, _vault.DeviceName)}";
            Wrapped($"{what}: ", $"{why} ({Explanation.RuleName(record.Rule)})");
        }
    }

    private void Decided(List<MergeRecord> settled)
    {
        if (settled.Count == 0) return;
        Line(settled.Count > MostDecided ? string.Create(CultureInfo.InvariantCulture, $"\ndecided before (the last {MostDecided} of {settled.Count}):") : "\ndecided before:");
        foreach (var record in settled.TakeLast(MostDecided))
        {
            string what = record.Path.Length == 0 ? "the item" : Printable.Of(record.Path);
            var by = record.Decision!;
            Wrapped(by.Timestamp.ToDateTimeOffset().ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss  ", CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"{what}: {VersionId.Of(record.Winner)[..8]} of {Name(by.Device)} over {record.Heads.Count} versions, {Explanation.Reason(record, _vault.DeviceName)}"));
        }
    }

    private Operation? OperationOf(Dot dot)
    {
        try
        {
            return _vault.OperationsOf(dot.Commit).Where(o => o.Origin.Dot == dot).Select(o => o.Operation).FirstOrDefault();
        }
        catch (SyncException)
        {
            return null; // pruned or damaged: what the state says is shown, and no values
        }
    }

    private static string Stands(MergeRecord record, MergeVersion version)
    {
        if (record.IsWaiting) return "waits";
        if (record.Rule == MergeRule.FieldMerge) return record.Fields.Any(f => f.Dot == version.Dot) ? "in its fields" : "no";
        return version.Dot == record.Winner ? "yes" : record.Losers.Contains(version.Dot) ? "no" : record.Heads.Any(h => h.Dot == version.Dot) ? "says the same" : "";
    }

    // A version that removed one field is alive all the same.
    private static bool IsAlive(MergeVersion version, Operation? operation) => operation?.Alive ?? version.Alive;

    private static string Whole(MergeVersion version, Operation? operation)
    {
        if (!IsAlive(version, operation)) return "(deleted)";
        if (operation?.Value is not { } value) return operation is null ? "?" : "(fields)";
        string bytes = string.Create(CultureInfo.InvariantCulture, $"({version.Size:N0} bytes)");
        if (value.Reference is not null) return bytes;
        try
        {
            return string.Create(CultureInfo.InvariantCulture, $"(text, {new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(value.Inline.Span).Length} chars)");
        }
        catch (DecoderFallbackException)
        {
            return bytes;
        }
    }

    private string Field(Operation? operation, string path)
    {
        if (operation?.Cells.FirstOrDefault(c => c.Path == path) is not { } cell) return "-";
        if (cell.Value is not { } value) return "(removed)";
        if (value.Counter is { } counter) return string.Create(CultureInfo.InvariantCulture, $"{counter.Base} (counter)");
        if (value.Reference is not null || IsSecret(operation, path)) return string.Create(CultureInfo.InvariantCulture, $"({value.Length:N0} bytes)");
        return Printable.Of(Encoding.UTF8.GetString(value.Inline.Span));
    }

    // As PowerShell marks them: the kind of the whole value, and secrets inside of one.
    private bool IsSecret(Operation operation, string path) =>
        (operation.Metadata ?? View.Of(_state).Winner?.Metadata)?.Text("kind") is "securestring" or "pscredential" || path.Split('/').Any(s => s is "$secure" or "$credential");

    private static string KindOf(OperationKind kind) => kind switch
    {
        OperationKind.Put => "put",
        OperationKind.Delete => "deletion",
        OperationKind.Resolve => "a person's choice",
        OperationKind.Patch => "fields",
        OperationKind.SetCounter => "counter set",
        OperationKind.RemoveTree => "tree removed",
        _ => JsonNamingPolicy.CamelCase.ConvertName(kind.ToString()),
    };

    private static string Time(MergeVersion version, string format) => version.Timestamp.ToDateTimeOffset().ToLocalTime().ToString(format, CultureInfo.InvariantCulture);

    private string Name(DeviceId device) => Printable.Of(_vault.DeviceName(device));

    private void Line(string line) => _text.Append(line).Append('\n');

    // Behind the first words, at words.
    private void Wrapped(string head, string rest)
    {
        const int Indent = 4;
        var line = new StringBuilder(head);
        foreach (string word in rest.Split(' '))
        {
            if (line.Length > Indent && line.Length + word.Length > Columns)
            {
                Line(line.ToString().TrimEnd());
                line.Clear().Append(' ', Indent);
            }

            line.Append(word).Append(' ');
        }

        Line(line.ToString().TrimEnd());
    }

    // With one blank behind it; what is longer is cut.
    private static string Fit(string text, int width) => text.Length < width ? text.PadRight(width) : text[..(width - 2)] + "… ";
}
