using Spectre.Console;
using SyncModule.Core.Model;

namespace SyncModule.Daemon.Output;

/// <summary>
/// Aligned columns without lines. Cells are never cut or wrapped, so names can be copied and lines can be searched; a terminal that is
/// too narrow wraps them itself.
/// </summary>
internal sealed class TextTable
{
    private const int Unlimited = 100_000;
    private readonly Table _table = new Table().NoBorder();
    private readonly bool _heading;

    /// <param name="columns">Titles; one that begins with '>' is right-aligned. All empty = no heading.</param>
    public TextTable(params string[] columns)
    {
        _heading = columns.Any(c => c.TrimStart('>').Length > 0);
        _table.ShowHeaders = _heading;
        for (int i = 0; i < columns.Length; i++)
        {
            bool right = columns[i].StartsWith('>');
            var column = new TableColumn(new Text(columns[i].TrimStart('>'), new Style(decoration: Decoration.Bold))) { NoWrap = true, Padding = new Padding(0, 0, i < columns.Length - 1 ? 2 : 0, 0) };
            _table.AddColumn(right ? column.RightAligned() : column.LeftAligned());
        }
    }

    public int Rows => _table.Rows.Count;

    /// <summary>Cells are escaped here: callers pass names as they are.</summary>
    public void Add(params string[] cells) => _table.AddRow(cells.Select(c => new Text(Printable.Of(c))));

    /// <param name="output">Where to.</param>
    /// <param name="styled">A terminal: the heading is bold.</param>
    public void WriteTo(TextWriter output, bool styled)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = styled ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = Unlimited;
        console.Profile.Encoding = System.Text.Encoding.UTF8;
        console.Write(_table);
        foreach (string line in text.ToString().ReplaceLineEndings("\n").TrimEnd('\n').Split('\n')) output.WriteLine(line.TrimEnd());
    }
}
